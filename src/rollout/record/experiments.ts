import { banditMetric, lookAtAb, lookAtBandit, nextShare, segmentsIn } from '../experiment/index.ts'
import type { Analysis, MetricAnalysis, RolloutEvent } from '../types.ts'
import { differentFigure } from './figures.ts'
import type { DecisionRecord } from './types.ts'

type Concluded = Extract<RolloutEvent, { readonly kind: 'concluded' }>
type ByRewards = Extract<RolloutEvent, { readonly kind: 'reweighed' | 'settled' }>

/** What an experiment's counts give, where it is something else than was recorded; undefined of any other event. */
export function experimentDifference(record: DecisionRecord): string | undefined {
  const { event } = record
  if (event.kind === 'concluded') return conclusionDifference(record, event)
  if (event.kind === 'reweighed' || event.kind === 'settled') return rewardsDifference(record, event)
  return undefined
}

/** An A/B is decided from its counts alone, and from how long it ran. */
function conclusionDifference(
  { from, at }: DecisionRecord,
  { analysis, seen, elapsed }: Concluded,
): string | undefined {
  if (from.strategy.kind !== 'ab') return 'it was decided as an A/B, and is none'
  if (elapsed > at - from.stepStartedAt)
    return `it ran for ${at - from.stepStartedAt} ms, and was decided as if for ${elapsed}`
  const { verdict, isOver, metric } = lookAtAb(from.strategy, seen, elapsed)
  if (!isOver && verdict === 'passed') return 'it was decided before its horizon'
  return metricDifference(analysis, metric)
}

/** A bandit's share, and its end, follow from its rewards. */
function rewardsDifference({ from, at }: DecisionRecord, event: ByRewards): string | undefined {
  const { strategy, step, weight, createdAt, stepStartedAt } = from
  if (strategy.kind !== 'bandit') return 'it was decided by rewards, and is no bandit'
  if (event.elapsed > at - createdAt)
    return `it ran for ${at - createdAt} ms at most, and was decided as if for ${event.elapsed}`
  const look = lookAtBandit(strategy, segmentsIn(event.rewards), event.elapsed)
  const difference = metricDifference(event.analysis, banditMetric(strategy, look))
  if (difference) return difference
  if (event.kind === 'settled')
    return look.verdict === 'inconclusive' && !look.isOver ? 'it was decided before its horizon' : undefined
  const now = { share: weight, changes: step, sinceChange: at - stepStartedAt }
  const share = nextShare(strategy, look, now)
  return share === event.share
    ? undefined
    : `its rewards give a share of ${share ?? weight}, and ${event.share} was recorded`
}

function metricDifference(
  { verdict, metrics }: Analysis,
  { evidence, ...again }: MetricAnalysis,
): string | undefined {
  if (verdict !== again.verdict) return `its counts give ${again.verdict}, and ${verdict} was recorded`
  const metric = metrics.find(({ metric: name }) => name === again.metric)
  if (!metric) return `${again.metric} decides, and was not recorded`
  const figure = differentFigure(metric, { ...again, ...evidence })
  return figure && `${metric.metric}: ${figure}`
}
