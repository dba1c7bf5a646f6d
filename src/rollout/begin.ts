import type { Calendar, Instant, RolloutId, VersionId } from '../core/index.ts'
import { RolloutError } from './errors.ts'
import { wrongInAb } from './experiment/ab-plan.ts'
import { wrongInBandit } from './experiment/bandit-course.ts'
import type { AnalysisSpec, CanaryStep, Rollout, Strategy } from './types.ts'

export interface RolloutRequest {
  readonly id: RolloutId
  readonly model: string
  readonly environment: string
  readonly candidate: VersionId
  /** What serves now; absent for a first version. Read again when the rollout is dequeued. */
  readonly stable?: VersionId
  readonly strategy: Strategy
  readonly calendar?: Calendar
  readonly supersede?: true
}

/**
 * A rollout in its first phase, queued. Throws ROLLOUT_STRATEGY_INVALID. Last steps of 100 % are left out: being
 * promoted is that step, and beside 100 % there is no baseline to compare with.
 */
export function beginRollout(request: RolloutRequest, now: Instant): Rollout {
  return {
    ...request,
    strategy: checkedStrategy(request.strategy),
    phase: 'queued',
    step: 0,
    weight: 0,
    createdAt: now,
    stepStartedAt: now,
  }
}

function checkedStrategy(strategy: Strategy): Strategy {
  if (strategy.kind === 'ab' || strategy.kind === 'bandit') return checkedExperiment(strategy)
  if (strategy.kind !== 'canary') return checkedHold(strategy)
  const lastPart = strategy.steps.findLastIndex(step => step.weight !== 1)
  const steps = strategy.steps.slice(0, lastPart + 1)
  if (steps.length === 0) throw invalid('at least one step below 100 %', 'none', "or choose 'immediate'")
  steps.forEach(checkStep)
  if (steps.some(({ shadow }, i) => shadow !== undefined && i > 0))
    throw invalid('its shadow as the first step', 'one behind another', 'put shadow first')
  checkAnalysis(strategy.analysis)
  return { ...strategy, steps }
}

function checkedExperiment(plan: Extract<Strategy, { kind: 'ab' | 'bandit' }>): Strategy {
  const wrong = plan.kind === 'ab' ? wrongInAb(plan) : wrongInBandit(plan)
  if (wrong) throw invalid(wrong.expected, wrong.found, `see strategy: ${plan.kind}`)
  checkAnalysis(plan.analysis)
  return plan
}

function checkedHold(strategy: Exclude<Strategy, { kind: 'canary' }>): Strategy {
  if (strategy.kind === 'blue-green' && !(strategy.hold >= 0 && Number.isFinite(strategy.hold)))
    throw invalid('a hold of at least 0 ms', `${strategy.hold}`, 'leave it out for 30 min')
  return strategy
}

function checkStep({ weight, hold, shadow }: CanaryStep, index: number): void {
  if (shadow !== undefined && !(shadow > 0 && shadow <= 1 && weight === 0))
    throw invalid('a shadow of more than 0 and at most all requests', `${shadow} at a weight of ${weight}`)
  if (shadow === undefined && !(weight > 0 && weight < 1))
    throw invalid(`a weight between 0 and 1 at step ${index + 1}`, `${weight}`, '5% is 0.05')
  if (!(hold >= 0 && Number.isFinite(hold)))
    throw invalid(`a time of at least 0 ms at step ${index + 1}`, `${hold}`, 'leave it out for none')
}

function checkAnalysis(spec: AnalysisSpec): void {
  if (!(spec.errorMargin > 0 && spec.errorMargin < 1))
    throw invalid('an error margin in (0, 1)', `${spec.errorMargin}`)
  if (!(spec.latencyMargin > 0 && spec.latencyMargin < 1000))
    throw invalid('a latency margin above 0 (0.5 is 50 %)', `${spec.latencyMargin}`)
  if (!(spec.latencyQuantile > 0 && spec.latencyQuantile < 1))
    throw invalid('a latency quantile in (0, 1)', `${spec.latencyQuantile}`)
  if (!(spec.confidence >= 0.5 && spec.confidence < 1))
    throw invalid('a confidence in [0.5, 1)', `${spec.confidence}`)
  if (!(Number.isInteger(spec.minRequests) && spec.minRequests >= 0))
    throw invalid('a whole number of least requests', `${spec.minRequests}`)
}

function invalid(
  expected: string,
  found: string,
  hint = 'see the strategy of the environment',
): RolloutError {
  return new RolloutError('ROLLOUT_STRATEGY_INVALID', {
    message: `A rollout's strategy needs ${expected}; found ${found}`,
    hint: `Correct the steps or the analysis under deploy: in ballast.yaml (${hint}).`,
    details: { expected, found },
  })
}
