import type { ByteSource } from '../../core/index.ts'
import { MAX_PIECE_BYTES } from './types.ts'

/** What is read at once: large enough to be fast, and two of them are small against any memory. */
const WINDOW_BYTES: number = 4 * 1024 * 1024

/** A window's bytes, with room in front for the end of the one before. */
interface Filled {
  readonly memory: Uint8Array
  /** In the file. */
  readonly start: number
  readonly end: number
  /** Of `start` in `memory`. */
  readonly at: number
}

/**
 * A source read in order, once, through two windows: while one is worked on, the other is being filled. 10 MiB.
 */
export class Window {
  readonly #source: ByteSource
  /** In front of each window: what is left of a piece is shorter than a piece, and than the file. */
  readonly #room: number
  #current: Filled
  #coming: Promise<Filled>

  constructor(source: ByteSource) {
    this.#source = source
    this.#room = Math.min(MAX_PIECE_BYTES, source.size)
    const memory = this.#room + Math.min(WINDOW_BYTES, source.size)
    this.#current = { memory: new Uint8Array(memory), start: 0, end: 0, at: this.#room }
    this.#coming = this.#fill(new Uint8Array(memory), 0)
  }

  /**
   * `length` bytes from `offset`, at most `MAX_PIECE_BYTES`; each call begins behind the start of the one before and
   * not behind its end. Valid until the next call. Throws what the source throws.
   */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    while (offset + length > this.#current.end) {
      const { memory, start, end, at } = this.#current
      const next = await this.#coming
      const rest = end - offset
      next.memory.set(memory.subarray(at + offset - start, at + end - start), next.at - rest)
      this.#current = { ...next, start: offset, at: next.at - rest }
      this.#coming = this.#fill(memory, next.end)
    }
    const { memory, start, at } = this.#current
    return memory.subarray(at + offset - start, at + offset - start + length)
  }

  /** Waits for what is being read, so that the source may be closed. */
  async end(): Promise<void> {
    await this.#coming.catch(() => {})
  }

  #fill(memory: Uint8Array, start: number): Promise<Filled> {
    const filling = this.#read(memory, start)
    // Whoever needs it learns of it; until then it is nobody's.
    filling.catch(() => {})
    return filling
  }

  async #read(memory: Uint8Array, start: number): Promise<Filled> {
    const at = this.#room
    const length = Math.min(memory.length - at, this.#source.size - start)
    const target = memory.subarray(at, at + length)
    if (length > 0) {
      if (this.#source.readInto) await this.#source.readInto(start, target)
      else target.set(await this.#source.read(start, length))
    }
    return { memory, start, end: start + length, at }
  }
}
