import type { ByteSource } from '../../../core/index.ts'
import { chunksOf } from '../../bytes/ranges.ts'
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

/** The lines of a file in order, ended by LF or CRLF; at most a chunk is held. */
export async function* linesOf(source: ByteSource): AsyncGenerator<Line, void> {
  const head: number[] = []
  let [start, at, words] = [0, 0, 0]
  let [behind, inWord, lastByte] = [false, false, 0]
  for await (const chunk of chunksOf(source, CHUNK_BYTES)) {
    for (const byte of chunk) {
      if (byte === NEWLINE) {
        yield line()
        start = at + 1
        head.length = words = 0
        behind = inWord = false
      } else {
        if (head.length < MAX_HEAD) head.push(byte)
        if (!behind) behind = byte === EQUALS
        else if (byte === SPACE || byte === RETURN) inWord = false
        else if (!inWord) {
          inWord = true
          words++
        }
      }
      lastByte = byte
      at++
    }
  }
  if (at > start) yield line()

  function line(): Line {
    const end = lastByte === RETURN && at > start ? at - 1 : at
    const text = String.fromCharCode(...head)
    return { start, end, head: end - start < text.length ? text.slice(0, end - start) : text, words }
  }
}
