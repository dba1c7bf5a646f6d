import type { Fraction } from '../core/index.ts'
import { checkCounts } from './counts.ts'
import { RolloutError } from './errors.ts'
import type { ArmCounts, Rollout, ShadowCounts } from './types.ts'

export const NO_PAIRS: ShadowCounts = {
  pairs: 0,
  identical: 0,
  agreed: 0,
  compared: 0,
  primaryErrors: 0,
  mirrorErrors: 0,
  dropped: 0,
  primaryLatency: {},
  latency: {},
}

/** The part of the requests that the candidate gets beside stable; undefined where its step is no shadow. */
export function shadowOf({ strategy, step }: Pick<Rollout, 'strategy' | 'step'>): Fraction | undefined {
  return strategy.kind === 'canary' ? strategy.steps[step]?.shadow : undefined
}

/** Both sides of the pairs, as if they were arms. */
export function armsOfPairs(counts: ShadowCounts): {
  readonly canary: ArmCounts
  readonly baseline: ArmCounts
} {
  const { pairs, primaryErrors, mirrorErrors, primaryLatency, latency } = counts
  return {
    canary: { requests: pairs, errors: mirrorErrors, latency },
    baseline: { requests: pairs, errors: primaryErrors, latency: primaryLatency },
  }
}

/** Throws ROLLOUT_COUNTS_INVALID. */
export function checkPairs(counts: ShadowCounts): void {
  const { pairs, identical, agreed, compared, dropped } = counts
  for (const arm of Object.values(armsOfPairs(counts))) checkCounts(arm)
  const growing = [0, identical, agreed, compared, pairs]
  const isRight =
    growing.every((count, i) => Number.isSafeInteger(count) && count >= (growing[i - 1] ?? 0)) &&
    Number.isSafeInteger(dropped) &&
    dropped >= 0
  if (isRight) return
  throw new RolloutError('ROLLOUT_COUNTS_INVALID', {
    message: `Expected pairs with identical ≤ agreed ≤ compared ≤ pairs, found ${identical}, ${agreed}, ${compared}, ${pairs} (${dropped} dropped)`,
    hint: 'The report is refused; the next one replaces it. Check that gateway and server are of one version.',
  })
}
