import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import { CHUNK_BYTES } from '../limits.ts'

/** After a jump little is read at first, as the next thing may be a jump again; then more and more. */
const FIRST_BYTES = 4096

/** A file's bytes in order, with jumps over what nobody asks for. */
export class JumpingWindow {
  readonly source: ByteSource
  readonly #fail: Failures
  #view: DataView = new DataView(new ArrayBuffer(0))
  #start = 0
  offset = 0

  constructor(source: ByteSource, fail: Failures) {
    this.source = source
    this.#fail = fail
  }

  get rest(): number {
    return this.source.size - this.offset
  }

  jump(bytes: number, what: string): void {
    if (bytes > this.rest)
      throw this.#fail.truncated(
        { name: this.source.name, offset: this.offset },
        `${what} needs ${bytes} bytes, and the file has ${this.rest} more`,
      )
    this.offset += bytes
  }

  /** The next byte as a character, without taking it. */
  async peek(): Promise<string> {
    const { view, at } = await this.#have(1)
    return String.fromCharCode(view.getUint8(at))
  }

  /** Takes the next bytes: a view of them, and where they begin in it. */
  async take(bytes: number): Promise<{ view: DataView; at: number }> {
    const have = await this.#have(bytes)
    this.offset += bytes
    return have
  }

  async #have(bytes: number): Promise<{ view: DataView; at: number }> {
    if (bytes > this.rest) {
      const place = { name: this.source.name, offset: this.offset }
      throw this.#fail.truncated(place, `${bytes} bytes are needed, and the file has ${this.rest} more`)
    }
    const end = this.#start + this.#view.byteLength
    if (this.offset < this.#start || this.offset + bytes > end) {
      const sequential = this.offset <= end && this.#view.byteLength > 0
      const wanted = sequential ? Math.min(CHUNK_BYTES, 2 * this.#view.byteLength) : FIRST_BYTES
      const length = Math.min(Math.max(wanted, bytes, FIRST_BYTES), this.rest)
      const read = await this.source.read(this.offset, length)
      this.#view = new DataView(read.buffer, read.byteOffset, read.byteLength)
      this.#start = this.offset
    }
    return { view: this.#view, at: this.offset - this.#start }
  }
}
