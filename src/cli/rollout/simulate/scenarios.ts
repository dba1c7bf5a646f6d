import { BallastError, type Fraction, formatPercent } from '../../../core/index.ts'
import { type Scenario, type SimulatedMetric, trafficOf } from '../../../rollout/index.ts'
import type { Plan } from './plan.ts'

/** A canary that does what the stable version does, or differs in one thing. */
export interface Case {
  readonly name: string
  readonly scenario: Scenario
}

/** `errors=2%`: the canary's rate; `latency=+30%`: so much slower; `accuracy=88%`: the canary's. */
export interface Effect {
  readonly name: string
  readonly what: 'errors' | 'latency' | 'accuracy'
  readonly value: Fraction
}

/** Spread of latencies where none is told: the standard deviation of the logarithm of a service's usual ones. */
const SIGMA = 0.5
/** Median latency, in microseconds: a ratio of two latencies doesn't depend on it. */
const MEDIAN = 20_000

/** First the healthy canary, then one for each effect. Throws ARGUMENT_INVALID. */
export function casesOf(plan: Plan): readonly Case[] {
  return [
    { name: 'healthy', scenario: scenarioOf(plan) },
    ...plan.effects.map(effect => ({ name: effect.name, scenario: scenarioOf(plan, effect) })),
  ]
}

function scenarioOf(plan: Plan, effect?: Effect): Scenario {
  const { canary, baseline } = trafficOf({ phase: 'progressing', weight: plan.share })
  const perLook = (share: Fraction): number => (plan.trafficPerSecond * share * plan.lookMs) / 1000
  return {
    metrics: [errors(plan, effect), latency(plan), ...accuracy(plan, effect)],
    canaryRequests: perLook(canary),
    baselineRequests: perLook(baseline),
    latency: {
      median: MEDIAN,
      sigma: SIGMA,
      canaryFactor: effect?.what === 'latency' ? 1 + effect.value : 1,
    },
  }
}

function within(margin: Fraction, { tolerance, rule }: Pick<Plan, 'tolerance' | 'rule'>) {
  return { tolerance: rule === 'group-sequential' ? 0 : margin * tolerance, margin }
}

function errors({ errorRate, margins, ...plan }: Plan, effect: Effect | undefined): SimulatedMetric {
  return {
    metric: { kind: 'rate', name: 'errors', ...within(margins.errors, plan) },
    baseline: errorRate,
    canary: effect?.what === 'errors' ? effect.value : errorRate,
  }
}

function latency({ quantile, margins, ...plan }: Plan): SimulatedMetric {
  return { metric: { kind: 'quantile', name: 'latency', quantile, ...within(margins.latency, plan) } }
}

/** Pairs of answers to labelled requests; with the accuracies, how often the versions disagree tells all. */
function accuracy(plan: Plan, effect: Effect | undefined): readonly SimulatedMetric[] {
  if (plan.accuracy === undefined) {
    if (effect?.what !== 'accuracy') return []
    throw new BallastError('ARGUMENT_INVALID', {
      message: `--effect ${effect.name} needs the accuracy of the stable version`,
      hint: 'Give --accuracy 90% beside it.',
    })
  }
  const lost = effect?.what === 'accuracy' ? plan.accuracy - effect.value : 0
  const [onlyBaseline, onlyCanary] = [(plan.disagree + lost) / 2, (plan.disagree - lost) / 2]
  if (onlyBaseline < 0 || onlyCanary < 0 || onlyBaseline > plan.accuracy)
    throw new BallastError('ARGUMENT_INVALID', {
      message: `Versions that disagree on ${formatPercent(plan.disagree)} of the labelled requests can't be right on ${formatPercent(plan.accuracy)} and ${formatPercent(plan.accuracy - lost)} of them`,
      hint: 'Give --disagree at least the difference of the two accuracies.',
    })
  return [
    {
      metric: { kind: 'paired', name: 'accuracy', ...within(plan.margins.accuracy, plan) },
      onlyBaseline,
      onlyCanary,
      labelled: plan.labelled,
    },
  ]
}
