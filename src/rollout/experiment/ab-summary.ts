import { formatDuration, formatPercent } from '../../core/index.ts'
import type { MetricAnalysis } from '../types.ts'
import type { AbLook } from './ab.ts'
import { differenceText, effectText, horizonText, unitOf, valueText } from './figures.ts'
import type { AbPlan, ExperimentMetric } from './types.ts'

type Facts = Pick<AbLook, 'isOver' | 'observed' | 'part' | 'power'> & {
  /** In the smaller arm, where that is too few. */
  readonly least?: number
}

/**
 * What a look says, in a line.
 *
 *   accuracy 91.4 % against 90.1 % of 9,871 labels so far: decided at 20,000 labels, which tell 1 % with a power of 78 %
 *   accuracy 91.5 % against 90.2 %: +1.3 % [+0.6 %, +2 %], better
 */
export function summaryOf(plan: AbPlan, facts: Facts, figures: Omit<MetricAnalysis, 'summary'>): string {
  const { metric, horizon, effect } = plan
  const { isOver, least, power } = facts
  const means = `${metric} ${valueText(metric, figures.canary)} against ${valueText(metric, figures.baseline)}`
  const decides = `decided ${horizonText(metric, horizon)}`
  const seen = `${facts.observed.toLocaleString('en')} ${unitOf(metric)}`
  if (least !== undefined) {
    const few = `${seen}, ${least.toLocaleString('en')} of them in the smaller arm`
    return isOver ? `${metric}: the horizon is over with ${few}` : `${metric}: ${decides}; there are ${few}`
  }
  if (!isOver && figures.verdict !== 'failed') {
    const tells = `${horizon.kind === 'time' ? 'which tells' : 'which tell'} ${effectText(metric, effect)} with a power of ${formatPercent(power ?? 0, 0)}`
    return `${means} of ${seen} so far: ${decides}${left(plan, facts)}, ${tells}`
  }
  const [low, high] = figures.interval
  const difference = `${differenceText(metric, differenceOf(metric, figures))} [${differenceText(metric, low)}, ${differenceText(metric, high)}]`
  if (!isOver)
    return `${means}: ${difference}, worse beyond chance at ${formatPercent(facts.part, 0)} of its horizon`
  return `${means} of ${seen}: ${difference}, ${decisionText(plan, figures)}`
}

function decisionText(
  { metric, effect }: AbPlan,
  { verdict, interval: [low, high] }: Omit<MetricAnalysis, 'summary'>,
): string {
  if (verdict === 'passed') return 'better'
  const isSmall = metric === 'errors' || metric === 'latency'
  if (isSmall ? low > 0 : high < 0) return 'worse'
  const worth = `by ${effectText(metric, effect)}`
  return verdict === 'failed' ? `not better ${worth}` : `neither better nor not better ${worth}`
}

function differenceOf(
  metric: ExperimentMetric,
  { canary, baseline }: Pick<MetricAnalysis, 'canary' | 'baseline'>,
): number {
  return metric === 'latency' ? canary / baseline - 1 : canary - baseline
}

function left({ horizon }: AbPlan, { part }: Facts): string {
  if (horizon.kind === 'requests') return ''
  return `, in ${formatDuration(Math.max(0, 1 - part) * horizon.ms)}`
}
