import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml'
import type { Location } from '../../core/index.ts'
import { type Entry, type Located, quote } from './located.ts'
import type { YamlFindings, YamlHooks, YamlOptions } from './options.ts'

export const REFERENCE_TAG = '!reference'
const STRING_TAG = 'tag:yaml.org,2002:str'

/** A map that is being laid out. */
export interface OpenMap {
  readonly at: Location
  readonly entries: Map<string, Entry>
  /** Where each key stands. */
  readonly seen: Map<string, Location>
  /** Nothing is wrong with it so far. */
  whole: boolean
}

interface Shared {
  readonly value: Located
  /** In it, itself among them. */
  readonly values: number
  readonly height: number
}

/** Lays the parser's tree out as located values, within the limits. */
export class Layout {
  readonly #options: YamlOptions
  readonly #findings: YamlFindings
  readonly #at: (offset: number) => Location
  readonly #hooks: YamlHooks | undefined
  readonly #anchors = new Map<string, Node>()
  /** What aliases stand for, by its node: thousands of jobs may merge one map of thousands. */
  readonly #shared = new Map<Node, Shared>()
  #values = 0
  #stopped = false
  #inAlias = 0
  /** Depth of the deepest value so far. */
  #deepest = 0

  constructor(
    options: YamlOptions,
    findings: YamlFindings,
    at: (offset: number) => Location,
    hooks: YamlHooks | undefined,
  ) {
    this.#options = options
    this.#findings = findings
    this.#at = at
    this.#hooks = hooks
  }

  value(node: Node, depth: number): Located | undefined {
    const at = this.#at(node.range?.[0] ?? 0)
    const { maxDepth, maxValues } = this.#options
    if (this.#stopped) return undefined
    this.#deepest = Math.max(this.#deepest, depth)
    if (depth > maxDepth) return this.#stop(at, `Values are nested more than ${maxDepth} deep`)
    if (++this.#values > maxValues) return this.#stop(at, `There are more than ${maxValues} values`)
    if (isAlias(node)) return this.#alias(node.source, at, depth)
    if ('anchor' in node && node.anchor && this.#inAlias === 0) this.#anchors.set(node.anchor, node)
    if (isSeq<Node>(node)) {
      const items = node.items.map(item => this.value(item, depth + 1))
      if (!items.every(item => item !== undefined)) return undefined
      return node.tag === REFERENCE_TAG ? this.#reference(items, at) : { kind: 'list', items, at }
    }
    if (isMap<Node, Node | null>(node)) return this.#map(node.items, at, depth)
    if (!isScalar(node)) return this.#findings.error(at, 'YAML_UNSUPPORTED', 'This is no plain value')
    return this.#scalar(node, at) ?? this.#findings.error(at, 'YAML_UNSUPPORTED', 'This is no plain value')
  }

  #reference(items: readonly Located[], at: Location): Located | undefined {
    const path = items.map(item => (item.kind === 'scalar' && item.value !== null ? item.text : undefined))
    if (path.length > 0 && path.every(step => step !== undefined)) return { kind: 'reference', path, at }
    return this.#findings.error(at, 'YAML_UNSUPPORTED', 'A !reference names a job and keys in it', {
      hint: 'write it as !reference [job, key]',
    })
  }

  #map(pairs: readonly Pair<Node, Node | null>[], at: Location, depth: number): Located | undefined {
    const map: OpenMap = { at, entries: new Map(), seen: new Map(), whole: true }
    this.addPairs(map, pairs, depth)
    return this.closeMap(map)
  }

  /** The map of a document, whose pairs come one by one. */
  openMap(at: Location): OpenMap {
    this.#values++
    return { at, entries: new Map(), seen: new Map(), whole: true }
  }

  addPairs(map: OpenMap, pairs: readonly Pair<Node, Node | null>[], depth: number): void {
    const { entries, seen } = map
    for (const { key, value } of pairs) {
      const keyAt = this.#at(key?.range?.[0] ?? 0)
      if (this.#options.merge && isMergeKey(key)) {
        map.whole = this.#merge(entries, value, keyAt, depth) && map.whole
        continue
      }
      const name = this.#key(key, keyAt, seen)
      const located = value === null ? absent(keyAt) : this.value(value, depth + 1)
      if (name !== undefined && located) entries.set(name, { key: name, keyAt, value: located })
      else map.whole = false
    }
  }

  closeMap({ entries, at, whole }: OpenMap): Located | undefined {
    return whole ? { kind: 'map', entries: [...entries.values()], at } : undefined
  }

  #key(key: Node | null, at: Location, seen: Map<string, Location>): string | undefined {
    if (key === null || !isScalar(key) || (typeof key.value !== 'string' && key.source === undefined)) {
      return this.#findings.error(at, 'YAML_UNSUPPORTED', 'The key of an entry must be text')
    }
    const written = typeof key.value === 'string' ? key.value : String(key.source)
    const name = this.#hooks?.key(written, at) ?? written
    if (name === '<<' && !this.#options.merge) {
      return this.#findings.error(at, 'YAML_UNSUPPORTED', "Merge keys ('<<') are not available", {
        hint: 'write the entries out, or use an alias for a whole value',
      })
    }
    const first = seen.get(name)
    if (first && this.#options.duplicates === 'error') {
      return this.#findings.error(at, 'DUPLICATE_KEY', `The key ${quote(name)} is there twice`, {
        hint: `the first is in line ${first.line}`,
      })
    }
    if (first) {
      this.#findings.warn(at, 'DUPLICATE_KEY', `The key ${quote(name)} is there twice: this one counts`, {
        hint: `the first is in line ${first.line}`,
      })
    }
    seen.set(name, at)
    return name
  }

  /** Entries of a merged map stand where `<<` does: over those before it, under those after it. */
  #merge(entries: Map<string, Entry>, node: Node | null, at: Location, depth: number): boolean {
    const value = node === null ? absent(at) : this.value(node, depth + 1)
    if (!value) return false
    const maps = value.kind === 'list' ? value.items.toReversed() : [value]
    for (const map of maps) {
      if (map.kind !== 'map') {
        this.#findings.error(at, 'YAML_UNSUPPORTED', "'<<' merges a map, or a list of maps")
        return false
      }
      for (const entry of map.entries) entries.set(entry.key, entry)
    }
    return true
  }

  #alias(name: string, at: Location, depth: number): Located | undefined {
    const target = this.#anchors.get(name)
    if (!target)
      return this.#findings.error(at, 'YAML_SYNTAX', `There is no anchor ${quote(name)} before this`)
    const known = this.#shared.get(target)
    if (!known || depth + known.height > this.#options.maxDepth) return this.#layAlias(target, depth)
    this.#values += known.values
    if (this.#values <= this.#options.maxValues) return known.value
    return this.#stop(at, `There are more than ${this.#options.maxValues} values`)
  }

  #layAlias(target: Node, depth: number): Located | undefined {
    const [values, deepest] = [this.#values, this.#deepest]
    this.#deepest = depth
    this.#inAlias++
    const value = this.value(target, depth + 1)
    this.#inAlias--
    if (value)
      this.#shared.set(target, { value, values: this.#values - values, height: this.#deepest - depth })
    this.#deepest = Math.max(this.#deepest, deepest)
    return value
  }

  #scalar(node: Scalar, at: Location): Located | undefined {
    const plain = node.type === Scalar.PLAIN && node.tag !== STRING_TAG && node.tag !== '!'
    const text = node.source ?? String(node.value)
    const other = this.#hooks?.scalar(text, plain, at)
    if (other) return other
    if (!this.#options.plain) return scalar(node.value, node.source, at)
    if (!plain && (node.tag === undefined || node.tag === STRING_TAG || node.tag === '!')) {
      return { kind: 'scalar', value: text, text, at }
    }
    return plainScalar(this.#options.plain(text), text, at, this.#findings)
  }

  #stop(at: Location, message: string): undefined {
    this.#stopped = true
    return this.#findings.error(at, 'TOO_LARGE', message)
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.source === '<<' && key.type === Scalar.PLAIN && key.tag === undefined
}

function absent(at: Location): Located {
  return { kind: 'scalar', value: null, text: '', at }
}

function plainScalar(
  read: ReturnType<NonNullable<YamlOptions['plain']>>,
  written: string,
  at: Location,
  findings: YamlFindings,
): Located {
  if (read.note !== undefined) findings.warn(at, 'YAML_UNSUPPORTED', read.note, { hint: 'quote it' })
  return { kind: 'scalar', value: read.value, text: read.text ?? written, at }
}

function scalar(value: unknown, source: string | undefined, at: Location): Located | undefined {
  if (value === null) return { kind: 'scalar', value, text: source ?? '', at }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  return { kind: 'scalar', value, text: source ?? String(value), at }
}
