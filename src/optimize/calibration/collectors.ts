import { weightPasses } from '../../kernels/index.ts'
import type { Range } from '../precision/qdq/types.ts'
import { Histogram, type HistogramState } from './histogram.ts'
import { entropyRange, percentileRange } from './thresholds.ts'
import type { Calibration } from './types.ts'

/** Reduces a value's numbers, sample by sample. */
export interface Collector {
  /** Whether there was a NaN: nothing is taken of such numbers. */
  add(numbers: Float32Array): 'taken' | 'NaN'
  /** Undefined where there was no number, or an infinite one. */
  range(): Range | undefined
  /** What another process goes on with. */
  state(): CollectorState
}

export interface CollectorState {
  readonly infinite: boolean
  readonly held: Held
}

/** Of extremes what they are, of averages their number and sums. */
type Held = readonly number[] | HistogramState

/** `from`: what one of the same method had taken. */
export function collectorOf(method: Calibration, from?: CollectorState): Collector {
  switch (method) {
    case 'minmax':
      return new Extremes(from)
    case 'average':
      return new Averages(from)
    case 'entropy':
      return new Thresholds(entropyRange, from)
    case 'percentile':
      return new Thresholds(histogram => percentileRange(histogram), from)
  }
}

abstract class Reducing implements Collector {
  #infinite: boolean

  constructor(from?: CollectorState) {
    this.#infinite = from?.infinite ?? false
  }

  state(): CollectorState {
    return { infinite: this.#infinite, held: this.held() }
  }

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
  protected abstract held(): Held
}

const numbersIn = (from: CollectorState | undefined): readonly number[] =>
  Array.isArray(from?.held) ? from.held : []

class Extremes extends Reducing {
  #range: Range | undefined

  constructor(from?: CollectorState) {
    super(from)
    const [least, greatest] = numbersIn(from)
    if (least !== undefined && greatest !== undefined) this.#range = { least, greatest }
  }

  protected override take(_: Float32Array, least: number, greatest: number): void {
    const known = this.#range ?? { least, greatest }
    this.#range = { least: Math.min(known.least, least), greatest: Math.max(known.greatest, greatest) }
  }

  protected override found(): Range | undefined {
    return this.#range
  }

  protected override held(): Held {
    return this.#range ? [this.#range.least, this.#range.greatest] : []
  }
}

/** onnxruntime's CalibMovingAverage, over samples that come in one go. */
class Averages extends Reducing {
  #samples: number
  #least: number
  #greatest: number

  constructor(from?: CollectorState) {
    super(from)
    const [samples = 0, least = 0, greatest = 0] = numbersIn(from)
    this.#samples = samples
    this.#least = least
    this.#greatest = greatest
  }

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

  protected override held(): Held {
    return [this.#samples, this.#least, this.#greatest]
  }
}

class Thresholds extends Reducing {
  readonly #histogram: Histogram
  readonly #rangeOf: (histogram: Histogram) => Range

  constructor(rangeOf: (histogram: Histogram) => Range, from?: CollectorState) {
    super(from)
    this.#histogram = from && 'counts' in from.held ? Histogram.from(from.held) : new Histogram()
    this.#rangeOf = rangeOf
  }

  protected override take(numbers: Float32Array): void {
    this.#histogram.add(numbers)
  }

  protected override found(): Range | undefined {
    const { least, greatest } = this.#histogram
    return least > greatest ? undefined : this.#rangeOf(this.#histogram)
  }

  protected override held(): Held {
    return this.#histogram.state()
  }
}
