import { formatPercent } from '../../core/index.ts'
import type { MetricAnalysis } from '../types.ts'
import { type BanditLook, banditInterval } from './bandit.ts'
import { differenceText, horizonText, valueText } from './figures.ts'
import type { BanditPlan } from './types.ts'

/**
 * A look as a metric.
 *
 *   reward 0.41 against 0.3 of 2,140 rewards: +0.11 [+0.04, +0.18], the better one with 99.9 %
 */
export function banditMetric(plan: BanditPlan, look: BanditLook): MetricAnalysis {
  const { verdict, arms, observed, best, harm, harmNeeded, pass, passNeeded } = look
  const figures = {
    metric: 'reward',
    verdict,
    margin: plan.margin,
    evidence: { harm, harmNeeded, pass, passNeeded },
  }
  if (arms === undefined || best === undefined) {
    const summary = `reward: ${observed.toLocaleString('en')} rewards are there, and both versions need some`
    return { ...figures, interval: [-1, 1], canary: 0, baseline: 0, summary }
  }
  const interval = banditInterval(arms, 1 - plan.analysis.confidence)
  const [canary, baseline] = [arms.candidate.mean, arms.reference.mean]
  const [low, high] = interval.map(end => differenceText('reward', end))
  const means = `reward ${valueText('reward', canary)} against ${valueText('reward', baseline)} of ${observed.toLocaleString('en')} rewards`
  const difference = `${differenceText('reward', canary - baseline)} [${low}, ${high}]`
  const says = verdict === 'failed' ? 'less beyond chance' : `the better one with ${formatPercent(best, 1)}`
  const until =
    verdict === 'inconclusive' ? `; ends ${horizonText('reward', plan.horizon)} at the latest` : ''
  return { ...figures, interval, canary, baseline, summary: `${means}: ${difference}, ${says}${until}` }
}
