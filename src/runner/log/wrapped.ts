import { Automaton } from './automaton.ts'

/** Whoever wraps text makes lines at least this long; shorter ones are lines of their own. */
const MIN_LINE = 16
const [LINE_FEED, CARRIAGE_RETURN, SPACE, TAB] = [0x0a, 0x0d, 0x20, 0x09]

interface Gap {
  /** How many bytes that count came before it, and how many that don't, with it. */
  readonly at: number
  readonly skipped: number
}

/**
 * Finds byte strings in a stream that is wrapped: a line's end, and white space behind it, may stand anywhere in
 * them, where the line is long enough. Where only a few bytes of one stand before the line's end, those are let
 * go: else every line that ends like the beginning of a secret would wait for the next one.
 */
export class WrappedSearch {
  readonly #automaton: Automaton
  readonly #maxGaps: number
  #state = 0
  /** Bytes that count, and bytes that don't. */
  #counted = 0
  #skipped = 0
  /** Bytes of this line. */
  #line = 0
  #isInGap = false
  /** Oldest first, as far back as a string may reach; and what was skipped before them. */
  #gaps: Gap[] = []
  #skippedBefore = 0
  /** Nothing before this place is asked for any more. */
  #floor = 0

  constructor(strings: readonly Uint8Array[]) {
    this.#automaton = new Automaton(strings)
    const longest = strings.reduce((most, { length }) => Math.max(most, length), 0)
    this.#maxGaps = Math.ceil(longest / MIN_LINE) + 2
  }

  /** Takes a byte; gives where a string begins that ends with it, or -1. Places count from the stream's beginning. */
  push(byte: number): number {
    if (this.#isGap(byte)) {
      this.#skip()
      return -1
    }
    this.#isInGap = false
    this.#line = byte === LINE_FEED ? 0 : this.#line + 1
    this.#state = this.#automaton.next(this.#state, byte)
    this.#counted++
    const length = this.#automaton.matchAt(this.#state)
    return length === 0 ? -1 : Math.max(this.#floor, this.#placeOf(this.#counted - length))
  }

  /** Whether nothing that came may be the beginning of a string. */
  get isIdle(): boolean {
    return this.#state === 0 && !this.#isInGap
  }

  /** Takes bytes [from, to), while it is idle, with which no string begins. */
  pass(bytes: Uint8Array, from: number, to: number): void {
    if (to === from) return
    this.#counted += to - from
    const lineEnd = bytes.subarray(from, to).lastIndexOf(LINE_FEED)
    this.#line = lineEnd >= 0 ? to - from - lineEnd - 1 : this.#line + to - from
  }

  /** From which place on bytes may belong to a string that is not whole yet. */
  get undecidedFrom(): number {
    const open = this.#automaton.openAt(this.#state)
    if (open === 0) return this.#counted + this.#skipped
    return Math.max(this.#floor, this.#placeOf(this.#counted - open))
  }

  #isGap(byte: number): boolean {
    const isLineEnd = byte === LINE_FEED || byte === CARRIAGE_RETURN
    if (this.#isInGap) return isLineEnd || byte === SPACE || byte === TAB
    return isLineEnd && this.#state !== 0 && this.#line >= MIN_LINE
  }

  #skip(): void {
    this.#skipped++
    this.#line = 0
    if (this.#isInGap) this.#gaps.pop()
    this.#isInGap = true
    this.#gaps.push({ at: this.#counted, skipped: this.#skipped })
    if (this.#gaps.length > 2 * this.#maxGaps) {
      const dropped = this.#gaps.splice(0, this.#gaps.length - this.#maxGaps)
      this.#skippedBefore = dropped.at(-1)!.skipped
    }
    if (this.#automaton.openAt(this.#state) < MIN_LINE) this.#floor = this.#counted + this.#skipped
  }

  /** Where a byte that counts stands in the stream. */
  #placeOf(index: number): number {
    let [low, high] = [0, this.#gaps.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#gaps[middle]!.at <= index) low = middle + 1
      else high = middle
    }
    return index + (low > 0 ? this.#gaps[low - 1]!.skipped : this.#skippedBefore)
  }
}
