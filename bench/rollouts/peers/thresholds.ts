/**
 * Rules that hold each measurement of the canary against a fixed threshold.
 *
 * Argo Rollouts (analysis documentation, v1.10): a metric is measured every `interval`; a measurement that misses its
 * `successCondition` failed; the analysis fails, and the rollout aborts, when one metric has more than `failureLimit`
 * failed measurements (0 where none is told).
 *
 * Flagger (metrics documentation): at every `interval` all metrics are checked against their `thresholdRange`; a check
 * with any metric outside failed; at `threshold` failed checks the canary is rolled back (5 in its examples).
 */
import type { Measurement } from './measure.ts'

/** Failed measurements that a rule may let go by: `failureLimit`, or `threshold` − 1. */
export const LIMITS = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48] as const

/** When each limit was exceeded, in looks; undefined where it wasn't. */
export type Exceeded = readonly (number | undefined)[]

export class ThresholdRun {
  readonly #thresholds: readonly number[]
  readonly #failed: number[]
  #failedChecks = 0
  readonly argo: (number | undefined)[] = LIMITS.map(() => undefined)
  readonly flagger: (number | undefined)[] = LIMITS.map(() => undefined)

  /** Infinity for a metric that is not asked for. */
  constructor(thresholds: readonly number[]) {
    this.#thresholds = thresholds
    this.#failed = thresholds.map(() => 0)
  }

  add(measured: readonly Measurement[], look: number): void {
    let any = false
    for (const [i, { canary }] of measured.entries()) {
      if (canary === undefined || canary <= this.#thresholds[i]!) continue
      this.#failed[i]!++
      any = true
    }
    if (!any) return
    this.#failedChecks++
    const most = Math.max(...this.#failed)
    for (const [i, limit] of LIMITS.entries()) {
      if (most > limit) this.argo[i] ??= look
      if (this.#failedChecks > limit) this.flagger[i] ??= look
    }
  }
}
