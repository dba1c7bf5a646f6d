import type { Verdict } from '../core/index.ts'
import type { MetricAnalysis } from './types.ts'

/** Probability with which each end of an interval may ever be wrong. */
export interface Levels {
  readonly low: number
  readonly high: number
}

/** A metric's analysis, and about how many more requests of the canary decide it: 0 when decided. */
export interface Judged {
  readonly metric: MetricAnalysis
  readonly missing: number
}

export function verdictAt(margin: number, [low, high]: readonly [number, number]): Verdict {
  if (low > margin) return 'failed'
  if (high < margin) return 'passed'
  return 'inconclusive'
}

/**
 * Requests until `evidence` reaches ln(1/α), if each further request adds `rate` nats. The logarithmic cost of
 * not knowing the rates beforehand is in `evidence` already; it grows too slowly to matter here.
 */
export function requestsUntil(alpha: number, evidence: number, rate: number): number {
  return Math.max(1, (-Math.log(alpha) - evidence) / Math.max(rate, Number.MIN_VALUE))
}

/** `+11.9 %`, `−3 %`. */
export function signedPercent(fraction: number): string {
  const rounded = Number((fraction * 100).toFixed(Math.abs(fraction) < 0.1 ? 2 : 1))
  return `${rounded < 0 ? '−' : '+'}${Math.abs(rounded)} %`
}
