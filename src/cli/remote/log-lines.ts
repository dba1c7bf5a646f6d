import { logPieces } from '../../api/index.ts'

/** A line that goes on for longer is given in parts. */
const MAX_LINE = 1024 * 1024

/**
 * Lines of a log, each behind the time of its first byte and without section markers.
 *
 *   2026-03-01T12:00:00.250Z building
 */
export class StampedLines {
  readonly #timeAt: (offset: number) => number | undefined
  /** Where `#line` begins in the log. */
  #start: number
  #line: Buffer = Buffer.alloc(0)

  constructor(offset: number, timeAt: (offset: number) => number | undefined) {
    this.#start = offset
    this.#timeAt = timeAt
  }

  /** Takes the next bytes; gives the lines that are whole. */
  push(bytes: Uint8Array): string {
    const all = this.#line.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#line, bytes])
    let [out, from] = ['', 0]
    for (let end = all.indexOf(0x0a); end >= 0; end = all.indexOf(0x0a, from)) {
      out += this.#stamped(all.subarray(from, end))
      this.#start += end + 1 - from
      from = end + 1
    }
    this.#line = Buffer.from(all.subarray(from))
    if (this.#line.length > MAX_LINE) out += this.end()
    return out
  }

  /** Gives what is left of the last line. */
  end(): string {
    const line = this.#line
    if (line.length === 0) return ''
    const out = this.#stamped(line)
    this.#start += line.length
    this.#line = Buffer.alloc(0)
    return out
  }

  #stamped(line: Buffer): string {
    const pieces = logPieces(line.toString())
    const text = pieces.map(piece => (piece.kind === 'text' ? piece.text : '')).join('')
    if (text === '' && pieces.length > 0) return ''
    const time = this.#timeAt(this.#start)
    // As wide as a time, so that columns stay where they are.
    return `${time === undefined ? ' '.repeat(24) : new Date(time).toISOString()} ${text}\n`
  }
}
