import type { Milliseconds } from '../../../core/index.ts'

/** A larger batch must win at least this part of the time of a row, else the batch stops growing. */
export const LEAST_GAIN = 0.05
/** Latency of the first in a batch is latency of the last: past here even a gain is not worth it. */
export const MAX_BATCH_ROWS = 64
/** How fast a class of batch sizes forgets: the last twenty or so runs count. */
const MEMORY = 0.05

interface SizeClass {
  rows: number
  time: Milliseconds
}

/** s(b) = fixed + perRow · b, through so many classes. */
interface Line {
  readonly fixed: Milliseconds
  readonly perRow: Milliseconds
  readonly classes: number
}

/**
 * What a run costs by its rows, learnt from runs: s(b) = fixed + perRow · b. Runs are kept by size class (1, 2,
 * 3–4, 5–8 …), each a mean that forgets slowly, and the line is fitted through the classes by least squares of
 * the relative error (weights 1/s²), so that a 1-second class does not drown a 10-millisecond one.
 */
export class CostCurve {
  readonly #classes: (SizeClass | undefined)[] = []
  #largest = 0
  /** Of the classes as they are; undefined after a run changed them. */
  #line: Line | undefined

  /** A run of no rows counts as one of one: it costs as much, and a line through nothing has no slope. */
  observe(size: number, time: Milliseconds): void {
    const rows = Math.max(1, size)
    const index = Math.ceil(Math.log2(rows))
    const known = this.#classes[index]
    if (known === undefined) this.#classes[index] = { rows, time }
    else {
      known.rows += (rows - known.rows) * MEMORY
      known.time += (time - known.time) * MEMORY
    }
    if (rows > this.#largest) this.#largest = rows
    this.#line = undefined
  }

  /** Expected time of a run; 0 where nothing is known yet. */
  estimate(rows: number): Milliseconds {
    this.#line ??= this.#fit()
    return this.#line.fixed + this.#line.perRow * rows
  }

  /** The most rows whose run is expected to take no longer. */
  rowsWithin(time: Milliseconds): number {
    this.#line ??= this.#fit()
    const { fixed, perRow } = this.#line
    if (perRow <= 0) return fixed <= time ? Number.POSITIVE_INFINITY : 0
    return Math.max(0, Math.floor((time - fixed) / perRow))
  }

  /**
   * Rows from which doubling a batch gains less than LEAST_GAIN of a row's time:
   *
   *   (s(b)/b − s(2b)/2b) / (s(b)/b) < gain   <=>   b > fixed · (1 − 2·gain) / (2·gain · perRow)
   *
   *   perceptron    s = 19 µs + 4 µs · b   -> 43
   *   convolutions  s = 2 ms + 33 ms · b   -> 1
   *
   * Never more than twice what has been tried, so that a new shape is explored by doubling.
   */
  get cap(): number {
    if (this.#largest === 0) return 1
    const tried = Math.min(MAX_BATCH_ROWS, this.#largest * 2)
    this.#line ??= this.#fit()
    const { fixed, perRow, classes } = this.#line
    if (classes < 2 || perRow <= 0) return tried
    const worthwhile = Math.ceil((fixed * (1 - 2 * LEAST_GAIN)) / (2 * LEAST_GAIN * perRow))
    return Math.max(1, Math.min(tried, worthwhile))
  }

  /** A single class says nothing about the fixed part: all of its time counts as by the row. */
  #fit(): Line {
    let [weight, x, y, xx, xy] = [0, 0, 0, 0, 0]
    let count = 0
    for (const size of this.#classes) {
      if (size === undefined) continue
      const w = 1 / Math.max(size.time, 1e-6) ** 2
      count++
      weight += w
      x += w * size.rows
      y += w * size.time
      xx += w * size.rows * size.rows
      xy += w * size.rows * size.time
    }
    if (count === 0) return { fixed: 0, perRow: 0, classes: 0 }
    const spread = weight * xx - x * x
    if (count === 1 || spread <= 0) return { fixed: 0, perRow: y / x, classes: count }
    const perRow = (weight * xy - x * y) / spread
    return { fixed: Math.max(0, (y - perRow * x) / weight), perRow, classes: count }
  }
}
