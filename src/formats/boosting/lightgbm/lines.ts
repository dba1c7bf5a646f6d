import type { ByteSource } from '../../../core/index.ts'
import { chunksOf, sliceOf } from '../../bytes/ranges.ts'
import { CHUNK_BYTES } from '../limits.ts'

/** One line of a file, without holding it. */
export interface Line {
  readonly start: number
  /** Without its end. */
  readonly end: number
  /** Its first characters, as many as MAX_HEAD, a byte each. */
  readonly head: string
  /** Words behind the first `=`, separated by spaces. */
  readonly words: number
}

/** Enough for every key and every single value. */
const MAX_HEAD = 128
const [NEWLINE, RETURN, SPACE, EQUALS] = [0x0a, 0x0d, 0x20, 0x3d]

/** The lines of a file from `start` on in order, ended by LF or CRLF; at most a chunk is held. */
export async function* linesOf(source: ByteSource, start = 0): AsyncGenerator<Line, void> {
  let state = new LineState(start)
  let at = start
  const rest = start === 0 ? source : sliceOf(source, start, source.size - start, source.name)
  for await (const chunk of chunksOf(rest, CHUNK_BYTES)) {
    for (let from = 0; from < chunk.byteLength; ) {
      const newline = chunk.indexOf(NEWLINE, from)
      const to = newline < 0 ? chunk.byteLength : newline
      state.add(chunk, from, to)
      if (newline >= 0) {
        yield state.line(at + to)
        state = new LineState(at + to + 1)
      }
      from = to + 1
    }
    at += chunk.byteLength
  }
  if (at > state.start) yield state.line(at)
}

/** What is known of a line that has begun. */
class LineState {
  readonly start: number
  #head = ''
  #words = 0
  #behind = false
  #inWord = false
  #last = 0

  constructor(start: number) {
    this.start = start
  }

  add(chunk: Uint8Array, from: number, to: number): void {
    if (to === from) return
    const missing = MAX_HEAD - this.#head.length
    if (missing > 0)
      this.#head += Buffer.from(chunk.subarray(from, Math.min(to, from + missing))).toString('latin1')
    let at = from
    if (!this.#behind) {
      const equals = chunk.subarray(from, to).indexOf(EQUALS)
      this.#behind = equals >= 0
      at = equals < 0 ? to : from + equals + 1
    }
    let [words, inWord] = [this.#words, this.#inWord]
    for (; at < to; at++) {
      const space = chunk[at] === SPACE || chunk[at] === RETURN
      if (!(space || inWord)) words++
      inWord = !space
    }
    this.#words = words
    this.#inWord = inWord
    this.#last = chunk[to - 1]!
  }

  line(newline: number): Line {
    const { start } = this
    const end = this.#last === RETURN ? newline - 1 : newline
    return { start, end, head: this.#head.slice(0, end - start), words: this.#words }
  }
}
