import type { Milliseconds } from '../../core/index.ts'
import type { EngineStatistics, Total } from './statistics.ts'

/** Sizes of batches that are told apart; a client chooses how many rows its requests have. */
const MAX_BATCH_SIZES = 256
const NANOSECONDS = 1e6

/** A total that grows. */
class Sum implements Total {
  count = 0
  #ms = 0

  add(ms: Milliseconds, times = 1): void {
    this.count += times
    this.#ms += ms * times
  }

  get nanoseconds(): number {
    return Math.round(this.#ms * NANOSECONDS)
  }

  get total(): Total {
    return { count: this.count, nanoseconds: this.nanoseconds }
  }
}

interface Phases {
  readonly inputMs: Milliseconds
  readonly inferMs: Milliseconds
  readonly outputMs: Milliseconds
}

class PhaseSums {
  readonly input = new Sum()
  readonly infer = new Sum()
  readonly output = new Sum()

  add({ inputMs, inferMs, outputMs }: Phases, times: number): void {
    this.input.add(inputMs, times)
    this.infer.add(inferMs, times)
    this.output.add(outputMs, times)
  }

  get totals() {
    return {
      computeInput: this.input.total,
      computeInfer: this.infer.total,
      computeOutput: this.output.total,
    }
  }
}

/**
 * Counts what an engine does. As Triton does: a request's phases are those of the run that it was part of, so their
 * sums over requests are more than the time that passed; `batches` counts each run once.
 */
export class Recorder {
  #inferences = 0
  #executions = 0
  #lastAt = 0
  readonly #success = new Sum()
  readonly #fail = new Sum()
  readonly #queue = new Sum()
  readonly #phases = new PhaseSums()
  readonly #hit = new Sum()
  readonly #miss = new Sum()
  readonly #batches = new Map<number, PhaseSums>()

  /** A run of the model: `requests` that had `rows` together. */
  ran(rows: number, requests: number, phases: Phases): void {
    this.#inferences += rows
    this.#executions++
    this.#phases.add(phases, requests)
    let sums = this.#batches.get(rows)
    if (sums === undefined) {
      if (this.#batches.size >= MAX_BATCH_SIZES) return
      sums = new PhaseSums()
      this.#batches.set(rows, sums)
    }
    sums.add(phases, 1)
  }

  succeeded(totalMs: Milliseconds, queueMs: Milliseconds): void {
    this.#lastAt = Date.now()
    this.#success.add(totalMs)
    this.#queue.add(queueMs)
  }

  failed(totalMs: Milliseconds): void {
    this.#lastAt = Date.now()
    this.#fail.add(totalMs)
  }

  /** Answered from what was kept: a success as well, but of no run. */
  hit(ms: Milliseconds): void {
    this.#lastAt = Date.now()
    this.#success.add(ms)
    this.#hit.add(ms)
  }

  /** Looked up in vain, in so much time. */
  missed(ms: Milliseconds): void {
    this.#miss.add(ms)
  }

  get statistics(): EngineStatistics {
    return {
      inferences: this.#inferences,
      executions: this.#executions,
      lastInferenceAt: this.#lastAt,
      success: this.#success.total,
      fail: this.#fail.total,
      queue: this.#queue.total,
      ...this.#phases.totals,
      cacheHit: this.#hit.total,
      cacheMiss: this.#miss.total,
      batches: [...this.#batches]
        .toSorted(([a], [b]) => a - b)
        .map(([rows, sums]) => ({ rows, ...sums.totals })),
    }
  }
}
