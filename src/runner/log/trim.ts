import { logNoticeText } from '../../api/index.ts'
import { formatSize } from '../../core/index.ts'

export interface TrimLimits {
  /** Bytes of the beginning that are passed on as they come. */
  readonly head: number
  /** Bytes of the end. */
  readonly tail: number
}

/** A tail begins at a line, where there is one within this. */
const MAX_LINE_SOUGHT = 64 * 1024
/** Colours of what was cut off go no further. */
const RESET = '\x1b[0m'

/**
 * Keeps the beginning and the end of a stream: `head` bytes as they come, then a notice, then the last `tail`
 * bytes once it has ended. The same bytes in give the same bytes out, however they are cut; nothing is lost
 * where the stream is no longer than both together. Holds at most the tail in memory, and one piece more.
 */
export class HeadAndTail {
  readonly #limits: TrimLimits
  #taken = 0
  #later: Buffer[] = []
  #laterBytes = 0
  #leftOut = 0

  constructor(limits: TrimLimits) {
    this.#limits = limits
  }

  /** Takes the next bytes; gives those that are passed on now. */
  push(bytes: Buffer): Buffer {
    const { head } = this.#limits
    const room = Math.max(0, head - this.#taken)
    const isFirstBeyond = this.#taken <= head && this.#taken + bytes.length > head
    this.#taken += bytes.length
    if (!isFirstBeyond && room > 0) return bytes
    this.#keep(Buffer.from(bytes.subarray(room)))
    if (!isFirstBeyond) return Buffer.alloc(0)
    return Buffer.concat([bytes.subarray(0, room), this.#notice()])
  }

  /** The stream has ended: gives the rest. */
  end(): Buffer {
    const all = Buffer.concat(this.#later)
    this.#later = []
    this.#laterBytes = 0
    const over = Math.max(0, all.length - this.#limits.tail)
    const leftOut = this.#leftOut + over
    if (leftOut === 0) return all
    const tail = all.subarray(over)
    const line = tail.indexOf(0x0a)
    const start = line >= 0 && line < MAX_LINE_SOUGHT ? line + 1 : 0
    const notice = logNoticeText({ kind: 'left-out', size: formatSize(leftOut + start) })
    return Buffer.concat([Buffer.from(`${RESET}\n${notice}\n`), tail.subarray(start)])
  }

  #notice(): Buffer {
    const { head, tail } = this.#limits
    const notice = logNoticeText({ kind: 'longer', head: formatSize(head), tail: formatSize(tail) })
    return Buffer.from(`${RESET}\n${notice}\n`)
  }

  /** Drops whole pieces from the front as long as the tail is in the others. */
  #keep(piece: Buffer): void {
    if (piece.length === 0) return
    this.#later.push(piece)
    this.#laterBytes += piece.length
    let drop = 0
    while (this.#laterBytes - this.#later[drop]!.length >= this.#limits.tail) {
      const { length } = this.#later[drop++]!
      this.#laterBytes -= length
      this.#leftOut += length
    }
    if (drop > 0) this.#later.splice(0, drop)
  }
}
