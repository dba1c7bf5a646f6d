import { weightPasses } from '../../kernels/index.ts'

/** Bins of a histogram; a power of two. 64 KiB of counts. */
export const BINS = 8192
const HALF = BINS / 2

/** What another process goes on with. */
export interface HistogramState {
  readonly least: number
  readonly greatest: number
  readonly exponent: number | undefined
  readonly counts: Float64Array
}

/**
 * Counts of numbers in BINS bins from −2^k to 2^k, k the least for which all magnitudes are below 2^k. A larger number
 * doubles the width: two bins become one, and no number changes sides, since their edges are edges still. So counts
 * depend neither on the order of the numbers nor on how histograms were merged; a bin is at most 1/2048 of the largest
 * magnitude wide. Memory does not grow with the numbers.
 */
export class Histogram {
  least = Number.POSITIVE_INFINITY
  greatest = Number.NEGATIVE_INFINITY
  #counts: Float64Array<ArrayBuffer> = new Float64Array(BINS)
  /** log2 of the end; undefined while there are zeros only, which lie in the bin HALF at any width. */
  #exponent: number | undefined

  static from({ least, greatest, exponent, counts }: HistogramState): Histogram {
    const histogram = new Histogram()
    histogram.least = least
    histogram.greatest = greatest
    histogram.#exponent = exponent
    histogram.#counts = Float64Array.from(counts)
    return histogram
  }

  state(): HistogramState {
    const { least, greatest } = this
    return { least, greatest, exponent: this.#exponent, counts: this.#counts }
  }

  /** Finite numbers only. */
  add(numbers: Float32Array): void {
    if (numbers.length === 0) return
    const [least, greatest] = weightPasses().range(numbers)
    this.#reach(least, greatest)
    count(numbers, this.#exponent === undefined ? 0 : 1 / this.width, this.#counts)
  }

  merge(other: Histogram): void {
    if (other.least > other.greatest) return
    this.#reach(other.least, other.greatest)
    const counts = other.#widened(this.#exponent)
    for (let i = 0; i < BINS; i++) this.#counts[i]! += counts[i]!
  }

  /** The bin i has numbers x with (i − BINS / 2) · width ≤ x < (i + 1 − BINS / 2) · width. */
  get counts(): Float64Array {
    return this.#counts
  }

  get width(): number {
    return 2 ** ((this.#exponent ?? 0) + 1) / BINS
  }

  #reach(least: number, greatest: number): void {
    this.least = Math.min(this.least, least)
    this.greatest = Math.max(this.greatest, greatest)
    const magnitude = Math.max(-this.least, this.greatest)
    if (magnitude === 0) return
    this.#counts = this.#widened(endOf(magnitude))
    this.#exponent = Math.max(this.#exponent ?? Number.NEGATIVE_INFINITY, endOf(magnitude))
  }

  /** The same counts in bins that reach to 2^exponent. */
  #widened(exponent: number | undefined): Float64Array<ArrayBuffer> {
    if (this.#exponent === undefined || exponent === undefined || exponent <= this.#exponent)
      return this.#counts
    // Below 0 the shift goes to the lower bin, as floor does: after so many doublings two bins are left.
    const shift = Math.min(exponent - this.#exponent, 31)
    const counts = new Float64Array(BINS)
    for (let i = 0; i < BINS; i++) counts[HALF + ((i - HALF) >> shift)]! += this.#counts[i]!
    return counts
  }
}

/** The least k with magnitude < 2^k, of a float32's. */
function endOf(magnitude: number): number {
  const [bits] = new Uint32Array(Float32Array.of(magnitude).buffer)
  // Subnormal numbers have the exponent of the smallest normal one.
  return Math.max((bits! >>> 23) - 126, -126)
}

/** A function of its own: within a larger one the engine runs the loop far slower. */
function count(numbers: Float32Array, inverse: number, counts: Float64Array): void {
  for (let i = 0; i < numbers.length; i++) counts[Math.floor(numbers[i]! * inverse) + HALF]!++
}
