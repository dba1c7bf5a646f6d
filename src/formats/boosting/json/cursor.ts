import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import type { Cursor } from '../cursor.ts'
import { MAX_DEPTH, MAX_MEMBERS, MAX_NAMES, MAX_TEXT_BYTES } from '../limits.ts'
import type { NumberDtype, Run } from '../run.ts'
import { scanNumbers } from './scan.ts'
import { Window } from './window.ts'

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

/** JSON (RFC 8259), with the NaN and Infinity that XGBoost writes. */
export class JsonCursor implements Cursor {
  readonly #window: Window
  readonly #fail: Failures

  constructor(source: ByteSource, fail: Failures) {
    this.#window = new Window(source)
    this.#fail = fail
  }

  get offset(): number {
    return this.#window.offset
  }

  async object(visit: (key: string) => Promise<void>): Promise<void> {
    await this.#expect(OPEN_OBJECT)
    const seen = new Set<string>()
    if (await this.#take(CLOSE_OBJECT)) return
    do {
      const key = await this.#string()
      if (seen.has(key)) throw this.#malformed(`there are two members '${key.slice(0, 100)}'`)
      if (seen.add(key).size > MAX_MEMBERS)
        throw this.#fail.limit(this.#place(), `an object has more than ${MAX_MEMBERS} members`)
      await this.#expect(COLON)
      await visit(key)
    } while (await this.#take(COMMA))
    await this.#expect(CLOSE_OBJECT)
  }

  async array(visit: (index: number) => Promise<void>): Promise<void> {
    await this.#expect(OPEN_ARRAY)
    if (await this.#take(CLOSE_ARRAY)) return
    let index = 0
    do {
      if (index >= MAX_NAMES)
        throw this.#fail.limit(this.#place(), `an array has more than ${MAX_NAMES} elements`)
      await visit(index++)
    } while (await this.#take(COMMA))
    await this.#expect(CLOSE_ARRAY)
  }

  /** The array that begins here is passed over: its closing bracket is at `end`, and nothing between is read. */
  async jump(end: number): Promise<void> {
    await this.#expect(OPEN_ARRAY)
    this.#window.jump(end)
    await this.#expect(CLOSE_ARRAY)
  }

  async numbers(dtype: NumberDtype): Promise<Run> {
    await this.#expect(OPEN_ARRAY)
    const start = this.offset
    const count = await scanNumbers(this.#window, this.#fail)
    const end = this.offset
    await this.#expect(CLOSE_ARRAY)
    return { dtype, count, start, end, form: 'text' }
  }

  async text(): Promise<string> {
    return (await this.#peek()) === QUOTE ? this.#string() : this.#word()
  }

  async kind(): Promise<'object' | 'array' | 'scalar'> {
    const byte = await this.#peek()
    return byte === OPEN_OBJECT ? 'object' : byte === OPEN_ARRAY ? 'array' : 'scalar'
  }

  /** Not recursive: brackets are counted. */
  async skip(): Promise<void> {
    let depth = 0
    do {
      const byte = await this.#peek()
      if (byte === QUOTE) await this.#string()
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#window.at++
        if (++depth > MAX_DEPTH)
          throw this.#fail.limit(this.#place(), `values nest more than ${MAX_DEPTH} deep`)
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#window.at++
        depth--
      } else if (depth > 0 && (byte === COMMA || byte === COLON)) this.#window.at++
      else await this.#word()
    } while (depth > 0)
    if (depth < 0) throw this.#malformed('a bracket closes nothing')
  }

  async end(): Promise<void> {
    if ((await this.#peek(true)) !== -1) throw this.#malformed('something follows the end')
  }

  /** The next byte behind white space; −1 at the end of the file. */
  async #peek(endIsFine = false): Promise<number> {
    const window = this.#window
    while (await window.more()) {
      for (; window.at < window.bytes.byteLength; window.at++) {
        const byte = window.bytes[window.at]!
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      }
    }
    if (endIsFine) return -1
    throw this.#fail.truncated(this.#place(), 'the file ends within a value')
  }

  async #take(byte: number): Promise<boolean> {
    if ((await this.#peek()) !== byte) return false
    this.#window.at++
    return true
  }

  async #expect(byte: number): Promise<void> {
    const found = await this.#peek()
    if (found !== byte)
      throw this.#malformed(`expected '${String.fromCharCode(byte)}', found '${String.fromCharCode(found)}'`)
    this.#window.at++
  }

  async #string(): Promise<string> {
    await this.#expect(QUOTE)
    const window = this.#window
    const bytes: number[] = [QUOTE]
    for (let escaped = false; ; ) {
      if (!(await window.more())) throw this.#fail.truncated(this.#place(), 'the file ends within a string')
      const byte = window.bytes[window.at++]!
      bytes.push(byte)
      if (bytes.length > MAX_TEXT_BYTES)
        throw this.#fail.limit(this.#place(), `a string has more than ${MAX_TEXT_BYTES} bytes`)
      if (escaped) escaped = false
      else if (byte === BACKSLASH) escaped = true
      else if (byte === QUOTE) break
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
      return JSON.parse(text) as string
    } catch (cause) {
      throw this.#fail.malformed(this.#place(), 'a string is broken', { cause })
    }
  }

  /** A number, or a word such as `true`. */
  async #word(): Promise<string> {
    await this.#peek()
    const window = this.#window
    let word = ''
    while (await window.more()) {
      const character = String.fromCharCode(window.bytes[window.at]!)
      if (!/[\w+.-]/.test(character)) break
      word += character
      window.at++
      if (word.length > 64) throw this.#malformed('a number is too long')
    }
    if (word === '') throw this.#malformed(`a value begins with byte ${window.bytes[window.at] ?? -1}`)
    return word
  }

  #place(): { name: string; offset: number } {
    return { name: this.#window.source.name, offset: this.offset }
  }

  #malformed(what: string): Error {
    return this.#fail.malformed(this.#place(), what)
  }
}
