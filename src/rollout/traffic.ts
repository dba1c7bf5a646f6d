import type { Fraction } from '../core/index.ts'
import type { Arm, Rollout } from './types.ts'

/**
 * Part of the traffic of each arm. With w the rollout's weight while it progresses:
 *
 *   canary   = w
 *   baseline = min(w, 1 − w)          as much again, at most what is left
 *   stable   = 1 − canary − baseline
 *
 *   w      canary  baseline  stable
 *   0.05   0.05    0.05      0.90
 *   0.50   0.50    0.50      0
 *   0.80   0.80    0.20      0
 *
 * A shadow step has w = 0: stable takes all. Before and after an abort stable takes all (nothing does, where nothing is stable yet); promoted, the candidate.
 */
export function trafficOf({
  phase,
  weight,
  stable,
}: Pick<Rollout, 'phase' | 'weight' | 'stable'>): Readonly<Record<Arm, Fraction>> {
  if (phase === 'promoted') return { canary: 1, baseline: 0, stable: 0 }
  if (phase !== 'progressing') return { canary: 0, baseline: 0, stable: stable === undefined ? 0 : 1 }
  const canary = Math.min(1, Math.max(0, weight))
  const baseline = Math.min(canary, 1 - canary)
  return { canary, baseline, stable: canary >= 0.5 ? 0 : 1 - 2 * canary }
}
