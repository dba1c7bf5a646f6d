import type { ByteSource } from '../../../core/index.ts'
import type { Place } from '../../errors.ts'
import { fail } from '../limits.ts'

/** After a jump little is read at first, as the next thing may be a jump again; then more and more. */
const FIRST_WINDOW = 2 * 1024
const LARGEST_WINDOW = 256 * 1024
/** An opcode with its number. */
const MAX_OPCODE = 9
/** Told of one pickle; the first is enough to distrust it. */
const MAX_CROSSINGS = 100

/** A line without its end; `bytes` holds its beginning where it is longer than what was asked to be kept. */
export interface Line {
  readonly offset: number
  readonly length: number
  readonly bytes: Uint8Array
}

/**
 * Reads opcodes and their arguments by windows over a source. Frames bind as in CPython's C code (not at all, they
 * must only lie in the file), or, `framed`, as in its Python code, which joblib uses: what is not in the frame stands
 * behind it, so an array that follows a frame's last opcode begins at the frame's end.
 */
export class Cursor {
  readonly source: ByteSource
  readonly framed: boolean
  position: number
  #window: Uint8Array = new Uint8Array(0)
  #start = 0
  #size = 0
  #frame: { readonly end: number; resume: number } | undefined
  /** Where the last FRAME says that it ends, where frames do not bind. */
  #declaredEnd = 0
  /**
   * Reads that begin in a frame and end behind it. CPython's C code takes them as they stand from memory, and drops
   * the frame's rest where it reads an object without `peek`: loaders disagree on what the pickle says.
   */
  readonly #crossings: number[]

  constructor(source: ByteSource, start: number, framed: boolean, crossings: number[]) {
    this.source = source
    this.position = start
    this.framed = framed
    this.#crossings = crossings
  }

  /** Brings the next opcode and its number into the window; a promise where that takes a read. */
  prepare(): Promise<void> | undefined {
    if (this.#frame && this.position >= this.#frame.end) {
      this.position = this.#frame.resume
      this.#frame = undefined
    }
    return this.#holds(MAX_OPCODE) ? undefined : this.#load(MAX_OPCODE)
  }

  /** Throws unless so many bytes follow, in the frame where frames bind. What is read at once is asked for at once. */
  need(length: number): void {
    this.#leaveFrame()
    this.#cross(length)
    if (length <= this.#limit - this.position) return
    if (this.#frame && length <= this.source.size - this.position)
      throw fail.malformed(
        this.#place,
        `${length} bytes are needed, and the frame ends at ${this.#frame.end}`,
      )
    throw this.#truncated(length)
  }

  byte(): number {
    this.need(1)
    return this.#window[this.position++ - this.#start]!
  }

  /** A little-endian unsigned number of up to 4 bytes; `prepare` was called before the opcode. */
  uint(bytes: 1 | 2 | 4): number {
    this.need(bytes)
    let value = 0
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.#window[this.position + i - this.#start]!
    this.position += bytes
    return value
  }

  int32(): number {
    return this.uint(4) | 0
  }

  uint64(): bigint {
    this.need(8)
    return BigInt(this.uint(4)) + (BigInt(this.uint(4)) << 32n)
  }

  /** Eight bytes, big-endian, as BINFLOAT has them. */
  float64(): number {
    this.need(8)
    const at = this.position - this.#start
    this.position += 8
    return new DataView(this.#window.buffer, this.#window.byteOffset + at, 8).getFloat64(0)
  }

  /** Jumps over content; tells where it began. */
  skip(length: number): number {
    this.need(length)
    const at = this.position
    this.position += length
    return at
  }

  /** The next bytes; a promise where that takes a read. Valid until the next read. */
  content(length: number): Uint8Array | Promise<Uint8Array> {
    this.need(length)
    if (this.#holds(length)) return this.#taken(length)
    return this.#load(length).then(() => this.#taken(length))
  }

  /** Up to the next line feed, of which at most `most` bytes are kept. */
  line(most: number): Line | Promise<Line> {
    this.#leaveFrame()
    const from = this.position - this.#start
    const limit = this.#limit - this.#start
    const feed = this.#window.indexOf(0x0a, from)
    if (feed < 0 || feed >= limit) return this.#longLine(most)
    const offset = this.position
    this.#cross(feed + 1 - from)
    this.position = this.#start + feed + 1
    return { offset, length: feed - from, bytes: this.#window.subarray(from, Math.min(feed, from + most)) }
  }

  /** FRAME. */
  frame(length: bigint): void {
    if (this.framed && this.#frame && this.position < this.#frame.end)
      throw fail.malformed(this.#place, 'a frame begins before the last one has ended')
    const stated = BigInt(this.position) + length
    const { size } = this.source
    // Python's own unpickler takes what there is.
    if (stated > BigInt(size) && !this.framed) throw this.#truncated(length)
    const end = stated > BigInt(size) ? size : Number(stated)
    this.#cross(end - this.position)
    this.#declaredEnd = Math.max(this.#declaredEnd, end)
    if (this.framed) this.#frame = { end, resume: end }
  }

  /** Where raw content begins that is read past the frames. */
  get rawPosition(): number {
    return this.#frame?.resume ?? this.position
  }

  /** Goes on behind raw content. */
  set rawPosition(position: number) {
    if (this.#frame) this.#frame.resume = position
    else this.position = position
  }

  async #longLine(most: number): Promise<Line> {
    const offset = this.position
    const kept: Uint8Array[] = []
    let held = 0
    for (;;) {
      if (this.position >= this.#limit && this.framed && held > 0 && !this.#frame) {
        // Python's own unpickler takes off the last byte, be it a line feed or not.
        return { offset, length: held - 1, bytes: Buffer.concat(kept).subarray(0, held - 1) }
      }
      if (this.position >= this.#limit)
        throw fail.truncated({ name: this.source.name, offset }, 'the file ends within a line')
      if (!this.#holds(1)) await this.#load(1)
      const end = Math.min(this.#limit - this.#start, this.#window.byteLength)
      const rest = this.#window.subarray(this.position - this.#start, end)
      const feed = rest.indexOf(0x0a)
      const part = feed < 0 ? rest : rest.subarray(0, feed)
      if (held < most) kept.push(part.slice(0, most - held))
      held += part.byteLength
      this.position += part.byteLength
      if (feed >= 0) break
    }
    this.position = offset
    this.#cross(held + 1)
    this.position += held + 1
    return { offset, length: held, bytes: Buffer.concat(kept) }
  }

  /** An argument may begin behind the frame of its opcode, where nothing was read from there in between. */
  #leaveFrame(): void {
    if (this.#frame?.end === this.position && this.#frame.resume === this.position) this.#frame = undefined
  }

  get #limit(): number {
    return this.#frame?.end ?? this.source.size
  }

  #taken(length: number): Uint8Array {
    const at = this.position - this.#start
    this.position += length
    return this.#window.subarray(at, at + length)
  }

  #holds(length: number): boolean {
    const { position } = this
    const end = Math.min(position + length, this.source.size)
    return position >= this.#start && end <= this.#start + this.#window.byteLength
  }

  #cross(length: number): void {
    const { position } = this
    if (position >= this.#declaredEnd || position + length <= this.#declaredEnd) return
    if (this.#crossings.length < MAX_CROSSINGS) this.#crossings.push(position)
  }

  #truncated(length: number | bigint): Error {
    return fail.truncated(
      this.#place,
      `${length} ${length === 1 || length === 1n ? 'byte is' : 'bytes are'} needed, and the file ends at ${this.source.size}`,
    )
  }

  get #place(): Place {
    return { name: this.source.name, offset: this.position }
  }

  async #load(least: number): Promise<void> {
    const at = this.position
    const sequential = at >= this.#start && at <= this.#start + this.#window.byteLength
    this.#size = sequential ? Math.min(LARGEST_WINDOW, this.#size * 2) : FIRST_WINDOW
    const length = Math.max(0, Math.min(Math.max(this.#size, least, FIRST_WINDOW), this.source.size - at))
    this.#window = length === 0 ? new Uint8Array(0) : await this.source.read(at, length)
    this.#start = at
  }
}
