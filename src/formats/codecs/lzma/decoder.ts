import { MAX_SYMBOL_BYTES, type RangeCoder } from './range.ts'
import type { Window } from './window.ts'

/** The longest match; a piece may end so much later than it was asked to. */
export const MAX_MATCH = 273

const STATES = 12
const POSITIONS = 16
/** Lengths: two choices, then 8, 8 or 256 of them. */
const LENGTHS = 2 + 2 * POSITIONS * 8 + 256

const IS_MATCH = 0
const IS_REP = IS_MATCH + STATES * POSITIONS
const IS_REP_0 = IS_REP + STATES
const IS_REP_1 = IS_REP_0 + STATES
const IS_REP_2 = IS_REP_1 + STATES
const IS_REP_0_LONG = IS_REP_2 + STATES
const SLOTS = IS_REP_0_LONG + STATES * POSITIONS
const SPECIAL = SLOTS + 4 * 64
const ALIGN = SPECIAL + 115
const MATCH_LENGTHS = ALIGN + 16
const REP_LENGTHS = MATCH_LENGTHS + LENGTHS
const LITERALS = REP_LENGTHS + LENGTHS
const LITERAL_SIZE = 0x300

/** `input`: a symbol may need more of it. `output`: as much as was asked for. `end`: the marker of the end. */
export type Stop = 'input' | 'output' | 'end' | 'bad distance' | 'too long'

/** LZMA's symbols (LZMA specification, 7-Zip 2015): literals, matches and repeated matches, into a window. */
export class LzmaDecoder {
  #probs = new Uint16Array(0)
  #lc = 0
  #lpMask = 0
  #pbMask = 0
  #state = 0
  #rep0 = 0
  #rep1 = 0
  #rep2 = 0
  #rep3 = 0
  /** Bytes since the dictionary was last forgotten, modulo 2^32: what positions are counted by. */
  #position = 0

  /** Takes lc, lp and pb from their byte, and begins anew. False for a byte that is none, or lc + lp above `most`. */
  properties(byte: number, most: number): boolean {
    if (byte >= 9 * 5 * 5) return false
    const lc = byte % 9
    const lp = Math.floor(byte / 9) % 5
    if (lc + lp > most) return false
    this.#lc = lc
    this.#lpMask = (1 << lp) - 1
    this.#pbMask = (1 << Math.floor(byte / 45)) - 1
    const size = LITERALS + (LITERAL_SIZE << (lc + lp))
    if (this.#probs.length !== size) this.#probs = new Uint16Array(size)
    this.resetState()
    return true
  }

  resetState(): void {
    this.#probs.fill(1024)
    this.#state = 0
    this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0
  }

  resetPosition(): void {
    this.#position = 0
  }

  /** Tells of bytes that came into the window from elsewhere. */
  passed(bytes: number): void {
    this.#position = (this.#position + bytes) | 0
  }

  /**
   * Unpacks until the window stands at `until` or later. With `exact` a match that goes beyond is `too long`. Unless
   * `last`, it stops before a symbol that might need more input than there is.
   */
  decode(rc: RangeCoder, window: Window, until: number, exact: boolean, last: boolean): Stop {
    const enough = last ? rc.bytes.byteLength : rc.bytes.byteLength - MAX_SYMBOL_BYTES
    const probs = this.#probs
    const out = window.bytes
    const start = window.at
    let to = start
    let state = this.#state
    let stop: Stop = 'output'
    const offset = this.#position - start
    while (to < until) {
      if (rc.at > enough) {
        stop = 'input'
        break
      }
      const place = (to + offset) & this.#pbMask
      if (rc.bit(probs, IS_MATCH + state * POSITIONS + place) === 0) {
        const before = to > window.origin ? out[to - 1]! : 0
        const context = (((to + offset) & this.#lpMask) << this.#lc) + (before >> (8 - this.#lc))
        const base = LITERALS + LITERAL_SIZE * context
        if (state < 7) out[to++] = rc.literal(probs, base)
        else {
          // The match before was checked: its distance leads into the window.
          out[to] = rc.matched(probs, base, out[to - this.#rep0 - 1]!)
          to++
        }
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
        continue
      }
      let length: number
      if (rc.bit(probs, IS_REP + state) === 0) {
        length = this.#match(rc, place)
        state = state < 7 ? 7 : 10
        if (this.#rep0 === -1) {
          stop = 'end'
          break
        }
      } else {
        length = this.#repeat(rc, state, place)
        if (length === 1) state = state < 7 ? 9 : 11
        else state = state < 7 ? 8 : 11
      }
      const distance = (this.#rep0 >>> 0) + 1
      if (distance > to - window.origin || distance > window.dictionary) {
        stop = 'bad distance'
        break
      }
      if (exact && length > until - to) {
        stop = 'too long'
        break
      }
      to = copyMatch(out, to, distance, length)
    }
    this.#state = state
    this.#position = (this.#position + to - start) | 0
    window.at = to
    return stop
  }

  /** A match at a new distance. Gives its length; sets the distance, -1 for the end marker. */
  #match(rc: RangeCoder, place: number): number {
    const probs = this.#probs
    const length = this.#length(rc, MATCH_LENGTHS, place)
    this.#rep3 = this.#rep2
    this.#rep2 = this.#rep1
    this.#rep1 = this.#rep0
    const slot = rc.tree(probs, SLOTS + Math.min(length - 2, 3) * 64, 6)
    if (slot < 4) {
      this.#rep0 = slot
      return length
    }
    const bits = (slot >> 1) - 1
    const high = (2 | (slot & 1)) << bits
    this.#rep0 =
      slot < 14
        ? high + rc.reverse(probs, SPECIAL + high - slot, bits)
        : (high + (rc.direct(bits - 4) << 4) + rc.reverse(probs, ALIGN, 4)) | 0
    return length
  }

  /** A match at one of the last four distances, or one byte at the last. Gives its length. */
  #repeat(rc: RangeCoder, state: number, place: number): number {
    const probs = this.#probs
    if (rc.bit(probs, IS_REP_0 + state) === 0) {
      if (rc.bit(probs, IS_REP_0_LONG + state * POSITIONS + place) === 0) return 1
    } else {
      let distance: number
      if (rc.bit(probs, IS_REP_1 + state) === 0) distance = this.#rep1
      else {
        if (rc.bit(probs, IS_REP_2 + state) === 0) distance = this.#rep2
        else {
          distance = this.#rep3
          this.#rep3 = this.#rep2
        }
        this.#rep2 = this.#rep1
      }
      this.#rep1 = this.#rep0
      this.#rep0 = distance
    }
    return this.#length(rc, REP_LENGTHS, place)
  }

  #length(rc: RangeCoder, base: number, place: number): number {
    const probs = this.#probs
    if (rc.bit(probs, base) === 0) return 2 + rc.tree(probs, base + 2 + place * 8, 3)
    if (rc.bit(probs, base + 1) === 0) return 10 + rc.tree(probs, base + 2 + (POSITIONS + place) * 8, 3)
    return 18 + rc.tree(probs, base + 2 + 2 * POSITIONS * 8, 8)
  }
}

/** Copies from `distance` before; where that overlaps, what was just written repeats. */
function copyMatch(out: Uint8Array, start: number, distance: number, length: number): number {
  const stop = start + length
  if (length > 32 && distance >= length) out.copyWithin(start, start - distance, stop - distance)
  else for (let to = start, from = start - distance; to < stop; ) out[to++] = out[from++]!
  return stop
}
