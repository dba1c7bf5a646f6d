import type { Range } from '../precision/qdq/types.ts'
import { BINS, type Histogram } from './histogram.ts'

/** Of onnxruntime's PercentileCalibrater. */
const PERCENTILE = 99.999
/** Places that a distribution is squeezed into: those of onnxruntime's EntropyCalibrater. */
const PLACES = 128
/** What a bin without numbers counts for. */
const EPSILON = 1e-4
/** Bins of a histogram that are one of the search, at least: the search takes time with their square. */
const JOINED = 4
/**
 * Numbers that a bin of the search has on average, at least: in fewer a distribution can't be told from its noise.
 * Those next to 0, which a Relu gives many of, tell nothing of the others.
 */
const FILLED = 16

/**
 * −m to m, m the least edge of a bin below which the magnitudes of `percentile` per cent of the numbers lie: at most a
 * bin's width above their quantile. No wider than the least and the greatest.
 */
export function percentileRange(histogram: Histogram, percentile: number = PERCENTILE): Range {
  const { counts, width } = histogram
  const half = BINS / 2
  const magnitudes = Array.from({ length: half }, (_, i) => counts[half + i]! + counts[half - 1 - i]!)
  const wanted = (magnitudes.reduce((sum, count) => sum + count, 0) * percentile) / 100
  let [at, within] = [0, 0]
  while (at < half && within < wanted) within += magnitudes[at++]!
  return narrowed(histogram, -at * width, at * width)
}

/**
 * About −m to m, the numbers beyond counted at the ends, whose distribution loses least when it is squeezed into 128 places
 * (the Kullback-Leibler divergence, as in onnxruntime's calibrate.py). No wider than the least and the greatest. Few
 * numbers are searched in wide bins: of some thousand or less nothing is cut off.
 */
export function entropyRange(histogram: Histogram): Range {
  const { counts, width, least, greatest } = histogram
  const magnitude = Math.max(-least, greatest)
  const numbers = counts.reduce((sum, count) => sum + count, 0) - counts[BINS / 2]!
  const binsOf = (joined: number) => Math.max(Math.ceil(magnitude / (width * joined)), PLACES / 2)
  let joined = JOINED
  while (binsOf(joined) > PLACES / 2 && numbers < 2 * binsOf(joined) * FILLED) joined *= 2
  const bins = binsOf(joined)
  const wide = new Float64Array(2 * bins)
  const first = BINS / 2 - bins * joined
  for (let i = 0; i < wide.length; i++)
    for (let j = 0; j < joined; j++) wide[i]! += counts[first + i * joined + j] ?? 0
  const { below, above } = entropyBins(wide)
  return narrowed(histogram, -below * width * joined, above * width * joined)
}

/** How many bins below and above the middle to keep. `counts` has as many on both sides, 64 at least. */
export function entropyBins(counts: Float64Array): { readonly below: number; readonly above: number } {
  const middle = counts.length / 2
  let [best, below] = [Number.POSITIVE_INFINITY, middle]
  const divergence = new Divergence(counts)
  for (let i = PLACES / 2; i <= middle; i++) {
    const found = divergence.of(middle - i, Math.min(middle + i + 1, counts.length))
    if (found < best) [best, below] = [found, i]
  }
  // The middle's own bin lies above 0.
  return { below, above: Math.min(below + 1, middle) }
}

/** Of parts of a distribution against themselves in 128 places. */
class Divergence {
  readonly #counts: Float64Array
  /** Sums of the counts before each bin. */
  readonly #before: Float64Array
  readonly #part: Float64Array
  readonly #squeezed: Float64Array

  constructor(counts: Float64Array) {
    this.#counts = counts
    this.#before = new Float64Array(counts.length + 1)
    for (let i = 0; i < counts.length; i++) this.#before[i + 1] = this.#before[i]! + counts[i]!
    this.#part = new Float64Array(counts.length)
    this.#squeezed = new Float64Array(counts.length)
  }

  /** What lies beyond is counted at the ends of the part, and not in what it is held against. */
  of(start: number, end: number): number {
    const size = end - start
    const part = this.#part.subarray(0, size)
    part.set(this.#counts.subarray(start, end))
    part[0]! += this.#before[start]!
    part[size - 1]! += this.#before.at(-1)! - this.#before[end]!
    const squeezed = this.#squeezed.subarray(0, size)
    squeeze(part, this.#before.subarray(start, end + 1), squeezed)
    return divergenceOf(part, squeezed)
  }
}

/** Numbers of neighbours, spread evenly over those bins that have any, rounded down. `before` has one more. */
function squeeze(part: Float64Array, before: Float64Array, target: Float64Array): void {
  const width = Math.floor(part.length / PLACES)
  target.fill(0)
  for (let place = 0; place < PLACES; place++) {
    const [from, to] = [place * width, (place + 1) * width]
    // What is left over belongs to the last.
    const sum = before[place === PLACES - 1 ? part.length : to]! - before[from]!
    let some = 0
    for (let i = from; i < to; i++) if (part[i]! > 0) some++
    if (some > 0) target.fill(Math.floor(sum / some), from, to)
  }
}

/** Both are smoothed first: what is 0 gets EPSILON, taken from the others. Infinity where one of them is all 0. */
function divergenceOf(part: Float64Array, squeezed: Float64Array): number {
  const [p, q] = [smoothing(part), smoothing(squeezed)]
  if (!p || !q) return Number.POSITIVE_INFINITY
  let divergence = 0
  for (let i = 0; i < part.length; i++) {
    const a = (part[i] === 0 ? EPSILON : part[i]! - p.less) / p.sum
    const b = (squeezed[i] === 0 ? EPSILON : squeezed[i]! - q.less) / q.sum
    divergence += a * Math.log(a / b)
  }
  return divergence
}

function smoothing(counts: Float64Array): { readonly less: number; readonly sum: number } | undefined {
  let [zeros, sum] = [0, 0]
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) zeros++
    sum += counts[i]!
  }
  return sum === 0 ? undefined : { less: (EPSILON * zeros) / (counts.length - zeros), sum }
}

function narrowed({ least, greatest }: Histogram, low: number, high: number): Range {
  return { least: Math.fround(Math.max(least, low)), greatest: Math.fround(Math.min(greatest, high)) }
}
