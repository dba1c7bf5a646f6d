import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import { MAX_HELD_BYTES, MAX_MEMBERS, MAX_NAMES, MAX_TREES } from '../limits.ts'
import { type Line, linesOf } from './lines.ts'
import type { LightgbmModel, LightgbmTreeRuns } from './model.ts'
import { TreeSection } from './section.ts'

/** The parts of a file, in order. */
type Part = 'start' | 'header' | 'tree' | 'end' | 'importances' | 'parameters'

/** Reads a model's text in one pass. Throws FORMAT_MALFORMED, FORMAT_LIMIT or FORMAT_TRUNCATED. */
export async function readLightgbm(source: ByteSource, fail: Failures): Promise<LightgbmModel> {
  const reader = new Reader(source, fail)
  for await (const line of linesOf(source)) await reader.line(line)
  return reader.model()
}

const END_OF_TREES = 'end of trees\n'

/**
 * The same without the trees, whose bytes `tree_sizes` tells: what stands before and behind them. Undefined where
 * that line is not there or leads elsewhere than to their end.
 */
export async function readAroundTrees(
  source: ByteSource,
  fail: Failures,
): Promise<LightgbmModel | undefined> {
  const reader = new Reader(source, fail)
  let first: number | undefined
  for await (const line of linesOf(source)) {
    if (line.head.startsWith('Tree=')) {
      first = line.start
      break
    }
    await reader.line(line)
  }
  const bytes = reader.treeBytes
  const end = first === undefined || bytes === undefined ? undefined : first + bytes
  if (end === undefined || !(end + END_OF_TREES.length <= source.size)) return undefined
  const found = Buffer.from(await source.read(end, END_OF_TREES.length)).toString('latin1')
  if (found !== END_OF_TREES) return undefined
  reader.passTrees()
  for await (const line of linesOf(source, end + END_OF_TREES.length)) await reader.line(line)
  return reader.model()
}

class Reader {
  readonly #source: ByteSource
  readonly #fail: Failures
  readonly #header = new Map<string, string>()
  readonly #trees: LightgbmTreeRuns[] = []
  readonly #importances: { feature: string; value: string }[] = []
  readonly #parameters = new Map<string, string>()
  #treeSizes: number | undefined
  #treeBytes: number | undefined
  #passed = false
  #pandasCategorical: string | undefined
  #section: TreeSection | undefined
  #part: Part = 'start'
  #held = 0

  constructor(source: ByteSource, fail: Failures) {
    this.#source = source
    this.#fail = fail
  }

  /** Of all trees together, as the header has them. */
  get treeBytes(): number | undefined {
    return this.#treeBytes
  }

  /** The trees are behind, unread. */
  passTrees(): void {
    this.#passed = true
    this.#part = 'end'
  }

  async line(line: Line): Promise<void> {
    switch (this.#part) {
      case 'start':
        if (line.head !== 'tree') throw this.#malformed(line, "the first line is not 'tree'")
        this.#part = 'header'
        return
      case 'header':
      case 'tree':
        return this.#treePart(line)
      case 'end':
      case 'importances':
      case 'parameters':
        return this.#tail(line)
    }
  }

  model(): LightgbmModel {
    const { size, name } = this.#source
    if (this.#part === 'start' || this.#part === 'header' || this.#part === 'tree')
      throw this.#fail.truncated({ name, offset: size }, "the file ends before 'end of trees'")
    if (!this.#passed && this.#treeSizes !== undefined && this.#treeSizes !== this.#trees.length)
      throw this.#fail.malformed(
        { name },
        `tree_sizes names ${this.#treeSizes} trees, and there are ${this.#trees.length}`,
      )
    return {
      header: this.#header,
      trees: this.#trees,
      treeCount: this.#passed ? (this.#treeSizes ?? 0) : this.#trees.length,
      importances: this.#importances,
      parameters: this.#parameters,
      pandasCategorical: this.#pandasCategorical,
    }
  }

  async #treePart(line: Line): Promise<void> {
    if (line.head === '') return
    if (line.head.startsWith('Tree=') || line.head === 'end of trees') {
      this.#finishTree()
      if (line.head === 'end of trees') this.#part = 'end'
      else this.#beginTree(line)
      return
    }
    const equals = line.head.indexOf('=')
    // `average_output` stands alone.
    const key = equals < 0 ? line.head : line.head.slice(0, equals)
    if (this.#section) this.#section.add(key, line)
    else await this.#headerLine(key, equals, line)
  }

  async #headerLine(key: string, equals: number, line: Line): Promise<void> {
    if (this.#header.has(key) || (key === 'tree_sizes' && this.#treeSizes !== undefined))
      throw this.#malformed(line, `'${key}' stands there twice`)
    if (key === 'tree_sizes') await this.#readSizes(line, equals)
    else this.#header.set(key, equals < 0 ? 'true' : await this.#text(line.start + equals + 1, line.end))
    if (this.#header.size > MAX_MEMBERS)
      throw this.#limit(line, `more than ${MAX_MEMBERS} lines before the trees`)
  }

  async #readSizes(line: Line, equals: number): Promise<void> {
    this.#treeSizes = line.words
    if (line.words > MAX_TREES) throw this.#limit(line, `more than ${MAX_TREES} trees`)
    const sizes = (await this.#text(line.start + equals + 1, line.end)).trim().split(/\s+/).map(Number)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    if (sizes.every(size => Number.isSafeInteger(size) && size >= 0)) this.#treeBytes = bytes
  }

  #beginTree(line: Line): void {
    this.#part = 'tree'
    if (line.head !== `Tree=${this.#trees.length}`)
      throw this.#malformed(line, `expected 'Tree=${this.#trees.length}', found '${line.head}'`)
    if (this.#trees.length >= MAX_TREES) throw this.#limit(line, `more than ${MAX_TREES} trees`)
    this.#section = new TreeSection(this.#trees.length, line.start, this.#source.name, this.#fail)
  }

  #finishTree(): void {
    if (this.#section) this.#trees.push(this.#section.finish())
    this.#section = undefined
  }

  async #tail(line: Line): Promise<void> {
    if (line.head.startsWith('pandas_categorical:'))
      this.#pandasCategorical = await this.#text(line.start + 'pandas_categorical:'.length, line.end)
    else if (line.head === 'end of parameters') this.#part = 'end'
    else if (this.#part === 'parameters') await this.#parameter(line)
    else if (line.head === 'feature_importances:' || line.head === 'feature importances:')
      this.#part = 'importances'
    else if (line.head === 'parameters:') this.#part = 'parameters'
    else if (this.#part === 'importances' && line.head !== '') await this.#importance(line)
  }

  /** `[num_leaves: 31]`. */
  async #parameter(line: Line): Promise<void> {
    if (!line.head.startsWith('[')) return
    const text = await this.#text(line.start, line.end)
    const [, key = '', value = ''] = /^\[([^:]*): ?(.*)\]$/s.exec(text) ?? []
    this.#parameters.set(key, value)
    if (this.#parameters.size > MAX_MEMBERS) throw this.#limit(line, `more than ${MAX_MEMBERS} parameters`)
  }

  async #importance(line: Line): Promise<void> {
    const text = await this.#text(line.start, line.end)
    const equals = text.lastIndexOf('=')
    this.#importances.push({ feature: text.slice(0, equals), value: text.slice(equals + 1) })
    if (this.#importances.length > MAX_NAMES) throw this.#limit(line, `more than ${MAX_NAMES} features`)
  }

  async #text(start: number, end: number): Promise<string> {
    this.#held += end - start + 16
    const place = { name: this.#source.name, offset: start }
    if (this.#held > MAX_HELD_BYTES)
      throw this.#fail.limit(place, `names and values have more than ${MAX_HELD_BYTES} bytes`)
    const bytes = await this.#source.read(start, end - start)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      throw this.#fail.malformed(place, 'a line is not UTF-8', { cause })
    }
  }

  #malformed({ start }: Line, what: string): Error {
    return this.#fail.malformed({ name: this.#source.name, offset: start }, what)
  }

  #limit({ start }: Line, what: string): Error {
    return this.#fail.limit({ name: this.#source.name, offset: start }, what)
  }
}
