import { weightPasses } from '../../kernels/index.ts'
import type { Range } from '../precision/qdq/types.ts'
import { Histogram } from './histogram.ts'
import { entropyRange, percentileRange } from './thresholds.ts'
import type { Calibration } from './types.ts'

/** Reduces a value's numbers, sample by sample. */
export interface Collector {
  /** Whether there was a NaN: nothing is taken of such numbers. */
  add(numbers: Float32Array): 'taken' | 'NaN'
  /** Undefined where there was no number, or an infinite one. */
  range(): Range | undefined
}

export function collectorOf(method: Calibration): Collector {
  switch (method) {
    case 'minmax':
      return new Extremes()
    case 'average':
      return new Averages()
    case 'entropy':
      return new Thresholds(entropyRange)
    case 'percentile':
      return new Thresholds(histogram => percentileRange(histogram))
  }
}

abstract class Reducing implements Collector {
  #infinite = false

  add(numbers: Float32Array): 'taken' | 'NaN' {
    if (numbers.length === 0) return 'taken'
    const [least, greatest] = weightPasses().range(numbers)
    if (Number.isNaN(least)) return 'NaN'
    this.#infinite ||= !Number.isFinite(least) || !Number.isFinite(greatest)
    if (!this.#infinite) this.take(numbers, least, greatest)
    return 'taken'
  }

  range(): Range | undefined {
    return this.#infinite ? undefined : this.found()
  }

  protected abstract take(numbers: Float32Array, least: number, greatest: number): void
  protected abstract found(): Range | undefined
}

class Extremes extends Reducing {
  #range: Range | undefined

  protected override take(_: Float32Array, least: number, greatest: number): void {
    const known = this.#range ?? { least, greatest }
    this.#range = { least: Math.min(known.least, least), greatest: Math.max(known.greatest, greatest) }
  }

  protected override found(): Range | undefined {
    return this.#range
  }
}

/** onnxruntime's CalibMovingAverage, over samples that come in one go. */
class Averages extends Reducing {
  #samples = 0
  #least = 0
  #greatest = 0

  protected override take(_: Float32Array, least: number, greatest: number): void {
    this.#samples++
    this.#least += least
    this.#greatest += greatest
  }

  protected override found(): Range | undefined {
    if (this.#samples === 0) return undefined
    return {
      least: Math.fround(this.#least / this.#samples),
      greatest: Math.fround(this.#greatest / this.#samples),
    }
  }
}

class Thresholds extends Reducing {
  readonly #histogram = new Histogram()
  readonly #rangeOf: (histogram: Histogram) => Range

  constructor(rangeOf: (histogram: Histogram) => Range) {
    super()
    this.#rangeOf = rangeOf
  }

  protected override take(numbers: Float32Array): void {
    this.#histogram.add(numbers)
  }

  protected override found(): Range | undefined {
    const { least, greatest } = this.#histogram
    return least > greatest ? undefined : this.#rangeOf(this.#histogram)
  }
}
