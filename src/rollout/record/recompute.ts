import { canonicalJson, messageOf } from '../../core/index.ts'
import { advance } from '../advance.ts'
import { decide } from '../evidence/index.ts'
import type { Basis, RolloutEvent } from '../types.ts'
import { experimentDifference } from './experiments.ts'
import { differentFigure, isSame } from './figures.ts'
import type { DecisionRecord, RecordedRollout } from './types.ts'

type Analysed = Extract<RolloutEvent, { readonly kind: 'analysed' }>

/** What the state machine makes of the recorded event, where that is something else than was recorded. */
export function stateProblem({ from, event, to, at }: DecisionRecord): string | undefined {
  let next: RecordedRollout
  try {
    next = advance(from, event, at) as RecordedRollout
  } catch (error) {
    return `'${event.kind}' leads nowhere from ${from.phase}: ${messageOf(error)}`
  }
  if (next === from) return `'${event.kind}' changes nothing while ${from.phase} at step ${from.step + 1}`
  const different = Object.keys({ ...next, ...to }).filter(
    key => key !== 'reason' && text(next, key) !== text(to, key),
  )
  if (different.length === 0) return undefined
  const told = different.map(key => `${key} ${text(to, key)}, computed ${text(next, key)}`)
  return `'${event.kind}' leads elsewhere from ${from.phase} at step ${from.step + 1}: ${told.join('; ')}`
}

/** What the evidence gives, where its verdict or a figure is another than was recorded. */
export function evidenceProblem(record: DecisionRecord): string | undefined {
  const { from, event, leftOut } = record
  if (leftOut) return undefined
  try {
    if (event.kind !== 'analysed') return experimentDifference(record)
    if (!event.basis) return undefined
    return differenceOf(event, event.basis, minRequestsOf(from))
  } catch (error) {
    return `no decision can be computed from its evidence: ${messageOf(error)}`
  }
}

function differenceOf(
  { analysis }: Analysed,
  { policy, evidence }: Basis,
  minRequests: number,
): string | undefined {
  if (policy.metrics.length !== evidence.length)
    return `${policy.metrics.length} metrics, and evidence of ${evidence.length}`
  const decided = decide(policy, evidence)
  const least = Math.min(analysis.canaryRequests, analysis.baselineRequests)
  const verdict = decided.verdict === 'passed' && least < minRequests ? 'inconclusive' : decided.verdict
  if (verdict !== analysis.verdict)
    return `its evidence gives ${verdict}, and ${analysis.verdict} was recorded`
  if (!isSame(analysis.spent, decided.spent))
    return `the budget spent is ${analysis.spent}, computed ${decided.spent}`
  for (const metric of analysis.metrics) {
    const again = decided.metrics.find(({ metric: name }) => name === metric.metric)
    if (!again) return `${metric.metric} was judged, and there is no evidence of it`
    const figure = differentFigure(metric, again)
    if (figure) return `${metric.metric}: ${figure}`
  }
  return undefined
}

function minRequestsOf({ strategy }: RecordedRollout): number {
  return 'analysis' in strategy ? strategy.analysis.minRequests : 0
}

function text(rollout: RecordedRollout, key: string): string {
  const value: unknown = Object.getOwnPropertyDescriptor(rollout, key)?.value
  return value === undefined ? 'absent' : canonicalJson(value)
}
