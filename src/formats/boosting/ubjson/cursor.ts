import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import type { Cursor } from '../cursor.ts'
import { MAX_DEPTH, MAX_MEMBERS, MAX_NAMES, MAX_TEXT_BYTES } from '../limits.ts'
import { BYTES, type NumberDtype, type Run } from '../run.ts'
import { NUMBER_TYPES, numberAt } from './numbers.ts'
import { JumpingWindow } from './window.ts'

/** Values that are their type alone. */
const BARE: ReadonlyMap<string, string> = new Map([
  ['T', 'true'],
  ['F', 'false'],
  ['Z', 'null'],
])

/** How a container begins: all its elements of one type, their number; both may be missing. */
interface Head {
  readonly type: string | undefined
  readonly count: number | undefined
}

/** UBJSON (https://ubjson.org/, draft 12), as XGBoost writes it. */
export class UbjsonCursor implements Cursor {
  readonly #window: JumpingWindow
  readonly #fail: Failures
  /** The type of the next value, where its container names it. */
  #given: string | undefined

  constructor(source: ByteSource, fail: Failures) {
    this.#window = new JumpingWindow(source, fail)
    this.#fail = fail
  }

  get offset(): number {
    return this.#window.offset
  }

  async object(visit: (key: string) => Promise<void>): Promise<void> {
    await this.#expect('{')
    const { type, count } = await this.#head()
    const seen = new Set<string>()
    while (count === undefined ? !(await this.#closes('}')) : seen.size < count) {
      const key = await this.#string()
      if (seen.has(key)) throw this.#malformed(`there are two members '${key.slice(0, 100)}'`)
      if (seen.add(key).size > MAX_MEMBERS)
        throw this.#fail.limit(this.#place(), `an object has more than ${MAX_MEMBERS} members`)
      this.#given = type
      await visit(key)
    }
  }

  async array(visit: (index: number) => Promise<void>): Promise<void> {
    await this.#expect('[')
    const { type, count } = await this.#head()
    for (let i = 0; count === undefined ? !(await this.#closes(']')) : i < count; i++) {
      if (i >= MAX_NAMES)
        throw this.#fail.limit(this.#place(), `an array has more than ${MAX_NAMES} elements`)
      this.#given = type
      await visit(i)
    }
  }

  async numbers(dtype: NumberDtype): Promise<Run> {
    await this.#expect('[')
    const { type, count } = await this.#head()
    const start = this.offset
    if (type !== undefined) {
      const typed = NUMBER_TYPES.get(type)
      if (!typed || count === undefined) throw this.#malformed(`an array of numbers has the type '${type}'`)
      this.#window.jump(count * BYTES[typed], 'an array')
      return { dtype: typed, count, start, end: this.offset, form: 'typed' }
    }
    let found = 0
    while (count === undefined ? !(await this.#closes(']', true)) : found < count) {
      const element = NUMBER_TYPES.get(await this.#type())
      if (!element) throw this.#malformed('an element is no number')
      this.#window.jump(BYTES[element], 'a number')
      found++
    }
    const end = this.offset
    if (count === undefined) await this.#window.take(1)
    return { dtype, count: found, start, end, form: 'tagged' }
  }

  async text(): Promise<string> {
    const type = await this.#type()
    const bare = BARE.get(type)
    if (bare !== undefined) return bare
    if (type === 'S' || type === 'H') return this.#string()
    if (type === 'C') return this.#characters(1)
    return String(await this.#number(type))
  }

  async kind(): Promise<'object' | 'array' | 'scalar'> {
    const type = this.#given ?? (await this.#window.peek())
    return type === '{' ? 'object' : type === '[' ? 'array' : 'scalar'
  }

  async skip(depth = 0): Promise<void> {
    if (depth > MAX_DEPTH) throw this.#fail.limit(this.#place(), `values nest more than ${MAX_DEPTH} deep`)
    const kind = await this.kind()
    if (kind === 'object') return this.object(() => this.skip(depth + 1))
    if (kind === 'scalar') {
      await this.text()
      return
    }
    await this.#expect('[')
    const { type, count } = await this.#head()
    const width = type === undefined ? undefined : this.#fixedWidth(type)
    if (width !== undefined && count !== undefined) return this.#window.jump(count * width, 'an array')
    for (let i = 0; count === undefined ? !(await this.#closes(']')) : i < count; i++) {
      this.#given = type
      await this.skip(depth + 1)
    }
  }

  async end(): Promise<void> {
    if (this.#window.rest > 0) throw this.#malformed('something follows the end')
  }

  #fixedWidth(type: string): number | undefined {
    if (BARE.has(type)) return 0
    if (type === 'C') return 1
    const dtype = NUMBER_TYPES.get(type)
    return dtype && BYTES[dtype]
  }

  async #head(): Promise<Head> {
    let type: string | undefined
    if ((await this.#window.peek()) === '$') {
      await this.#window.take(1)
      type = await this.#type()
      if ((await this.#window.peek()) !== '#') throw this.#malformed('a typed container has no count')
    }
    if ((await this.#window.peek()) !== '#') return { type, count: undefined }
    await this.#window.take(1)
    return { type, count: await this.#length() }
  }

  /** A type's character; no-ops are passed over. */
  async #type(): Promise<string> {
    if (this.#given !== undefined) {
      const given = this.#given
      this.#given = undefined
      return given
    }
    for (;;) {
      const { view, at } = await this.#window.take(1)
      const type = String.fromCharCode(view.getUint8(at))
      if (type !== 'N') return type
    }
  }

  async #closes(bracket: string, keep = false): Promise<boolean> {
    if ((await this.#window.peek()) !== bracket) return false
    if (!keep) await this.#window.take(1)
    return true
  }

  async #expect(type: string): Promise<void> {
    const found = await this.#type()
    if (found !== type) throw this.#malformed(`expected '${type}', found '${found}'`)
  }

  async #number(type: string): Promise<number> {
    const dtype = NUMBER_TYPES.get(type)
    if (!dtype) throw this.#malformed(`there is no type '${type}'`)
    const { view, at } = await this.#window.take(BYTES[dtype])
    return numberAt(view, at, dtype)
  }

  async #length(): Promise<number> {
    const length = await this.#number(await this.#type())
    if (!Number.isSafeInteger(length) || length < 0) throw this.#malformed(`a length is ${length}`)
    return length
  }

  async #string(): Promise<string> {
    return this.#characters(await this.#length())
  }

  async #characters(length: number): Promise<string> {
    if (length > MAX_TEXT_BYTES)
      throw this.#fail.limit(this.#place(), `a string has ${length} bytes; the limit is ${MAX_TEXT_BYTES}`)
    const place = this.#place()
    const { view, at } = await this.#window.take(length)
    try {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length)
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      throw this.#fail.malformed(place, 'a string is not UTF-8', { cause })
    }
  }

  #place(): { name: string; offset: number } {
    return { name: this.#window.source.name, offset: this.offset }
  }

  #malformed(what: string): Error {
    return this.#fail.malformed(this.#place(), what)
  }
}
