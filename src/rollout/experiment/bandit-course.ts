import { type Fraction, formatDuration, formatPercent, type Instant } from '../../core/index.ts'
import type { SumsSegment } from '../../evaluate/index.ts'
import { pauseText } from '../pause.ts'
import type { Analysis, Rollout } from '../types.ts'
import { mergeSamples } from './samples.ts'
import type { BanditPlan, LedgerOutcomes } from './types.ts'

/** What no bandit can be run by; undefined where nothing is wrong. */
export function wrongInBandit({
  start,
  explore,
  most,
  every,
  margin,
}: BanditPlan): { readonly expected: string; readonly found: string } | undefined {
  if (!(explore > 0 && explore < 0.5))
    return { expected: 'an explore between 0 and a half', found: `${explore}` }
  if (!(start > 0 && start < 1 && start <= most && most <= 1))
    return { expected: 'a first share between 0 and the most that it may have', found: `${start} of ${most}` }
  if (!(every > 0 && Number.isFinite(every))) return { expected: 'a time between changes', found: `${every}` }
  return margin > 0 ? undefined : { expected: 'a margin above 0', found: `${margin}` }
}

export function banditStarted(rollout: Rollout, plan: BanditPlan, now: Instant): Rollout {
  const reason = `The replicas are ready; its share follows its rewards, at most every ${formatDuration(plan.every)}`
  return { ...rollout, phase: 'progressing', step: 0, weight: plan.start, stepStartedAt: now, reason }
}

/** A change of shares begins a time that is compared for itself: a step. */
export function reweighed(rollout: Rollout, share: Fraction, { metrics }: Analysis, now: Instant): Rollout {
  const { step, weight } = rollout
  const reason = `From ${formatPercent(weight)} to ${formatPercent(share)}: ${metrics[0]?.summary ?? 'by its rewards'}`
  return { ...rollout, step: step + 1, weight: share, stepStartedAt: now, reason }
}

export function banditHolds({ pause }: Rollout, { metrics }: Analysis): string {
  const says = `Runs: ${metrics[0]?.summary ?? 'nothing was seen yet'}`
  return pause ? `${pauseText(pause)}; ${says}` : says
}

export function banditEnd({ verdict, metrics }: Analysis): {
  readonly to: 'promoted' | 'aborted'
  readonly reason: string
} {
  const says = metrics[0]?.summary ?? verdict
  if (verdict === 'passed') return { to: 'promoted', reason: `Promoted: ${says}` }
  const why = verdict === 'failed' ? '' : ', as its horizon showed nothing'
  return { to: 'aborted', reason: `Stable stays${why}: ${says}` }
}

/** Rewards by step, oldest first: all that stable's version answered is the reference. */
export function segmentsIn(ledgers: readonly LedgerOutcomes[]): readonly SumsSegment[] {
  const steps = [...Map.groupBy(ledgers, ({ step }) => step)].sort(([a], [b]) => a - b)
  return steps.map(([, told]) => {
    const rewards = (arms: readonly string[]) =>
      mergeSamples(...told.filter(({ arm }) => arms.includes(arm)).map(({ outcomes }) => outcomes.rewards))
        .total
    return { candidate: rewards(['canary']), reference: rewards(['baseline', 'stable']) }
  })
}
