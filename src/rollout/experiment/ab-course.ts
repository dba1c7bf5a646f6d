import type { Instant } from '../../core/index.ts'
import { pauseText } from '../pause.ts'
import type { Analysis, Rollout } from '../types.ts'
import { horizonText } from './figures.ts'
import type { AbPlan } from './types.ts'

/** Before its horizon; behind it comes a step in which nothing but a person promotes. */
const RUNS = 0
const WAITS = 1

export function abStarted(rollout: Rollout, plan: AbPlan, now: Instant): Rollout {
  const { metric, horizon, split } = plan
  const reason = `The replicas are ready; decided ${horizonText(metric, horizon)}`
  return { ...rollout, phase: 'progressing', step: RUNS, weight: split, stepStartedAt: now, reason }
}

/** Whether it still runs towards its horizon. */
export function isAbRunning({ phase, step }: Pick<Rollout, 'phase' | 'step'>): boolean {
  return phase === 'progressing' && step === RUNS
}

/** Why it has not ended: the experiment's own metric is the first of an analysis. */
export function abHolds(rollout: Rollout, { metrics }: Analysis): string {
  const { step, pause, reason = '' } = rollout
  const says = step === RUNS ? `Runs: ${metrics[0]?.summary ?? 'nothing was seen yet'}` : reason
  return pause ? `${pauseText(pause)}; ${says}` : says
}

/** What comes of the one decision. */
export function abConclusion(
  { otherwise }: AbPlan,
  { verdict, metrics }: Analysis,
): { readonly to: 'promoted' | 'aborted' | 'waiting'; readonly reason: string } {
  const says = metrics[0]?.summary ?? verdict
  if (verdict === 'passed') return { to: 'promoted', reason: `Promoted at its horizon: ${says}` }
  if (verdict === 'failed') return { to: 'aborted', reason: `Stable stays: ${says}` }
  const nothing = `its horizon showed nothing: ${says}`
  return otherwise === 'wait'
    ? { to: 'waiting', reason: `Waits for a person, as ${nothing}` }
    : { to: 'aborted', reason: `Stable stays, as ${nothing}` }
}

export function abWaits(rollout: Rollout, reason: string, now: Instant): Rollout {
  return { ...rollout, step: WAITS, stepStartedAt: now, reason }
}
