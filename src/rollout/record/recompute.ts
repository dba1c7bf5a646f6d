import { canonicalJson, messageOf } from '../../core/index.ts'
import { advance } from '../advance.ts'
import { decide, type MetricDecision } from '../evidence/index.ts'
import { lookAtAb } from '../experiment/index.ts'
import type { Basis, MetricAnalysis, RolloutEvent } from '../types.ts'
import type { DecisionRecord, RecordedRollout } from './types.ts'

/** Logarithms differ in their last digits from one processor to the next. */
const MAX_RELATIVE = 1e-9

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
    if (event.kind === 'concluded') return conclusionDifference(record, event)
    if (event.kind !== 'analysed' || !event.basis) return undefined
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

/** An experiment is decided from its counts alone, and from how long it ran. */
function conclusionDifference(
  { from, at }: DecisionRecord,
  { analysis, seen, elapsed }: Extract<RolloutEvent, { readonly kind: 'concluded' }>,
): string | undefined {
  if (from.strategy.kind !== 'ab') return 'it was decided as an experiment, and is none'
  if (elapsed > at - from.stepStartedAt)
    return `it ran for ${at - from.stepStartedAt} ms, and was decided as if for ${elapsed}`
  const { verdict, isOver, metric: again } = lookAtAb(from.strategy, seen, elapsed)
  if (verdict !== analysis.verdict) return `its counts give ${verdict}, and ${analysis.verdict} was recorded`
  if (!isOver && verdict !== 'failed') return 'it was decided before its horizon'
  const metric = analysis.metrics.find(({ metric: name }) => name === again.metric)
  if (!metric) return `${again.metric} decides, and was not recorded`
  const figure = wrongFigure(metric, again, [])
  return figure && `${metric.metric}: ${figure}`
}

function differentFigure(metric: MetricAnalysis, again: MetricDecision): string | undefined {
  return wrongFigure(metric, again, [
    ['evidence of harm', metric.evidence?.harm, again.harm],
    ['evidence of harm needed', metric.evidence?.harmNeeded, again.harmNeeded],
    ['evidence to pass', metric.evidence?.pass, again.pass],
    ['evidence to pass needed', metric.evidence?.passNeeded, again.passNeeded],
  ])
}

type Pair = readonly [name: string, recorded: number | undefined, computed: number]

function wrongFigure(
  metric: MetricAnalysis,
  again: Pick<MetricAnalysis, 'verdict' | 'canary' | 'baseline' | 'interval'>,
  more: readonly Pair[],
): string | undefined {
  if (metric.verdict !== again.verdict) return `${metric.verdict}, computed ${again.verdict}`
  const pairs: readonly Pair[] = [
    ['canary', metric.canary, again.canary],
    ['baseline', metric.baseline, again.baseline],
    ['lower bound', metric.interval[0], again.interval[0]],
    ['upper bound', metric.interval[1], again.interval[1]],
    ...more,
  ]
  const wrong = pairs.find(([, recorded, computed]) => !isSame(recorded, computed))
  return wrong && `${wrong[0]} ${wrong[1] ?? 'missing'}, computed ${wrong[2]}`
}

/** JSON has no infinity: the largest number stands for it. */
function isSame(recorded: number | undefined, computed: number): boolean {
  if (typeof recorded !== 'number') return false
  const value = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, computed))
  if (recorded === value) return true
  return Math.abs(recorded - value) <= MAX_RELATIVE * Math.max(Math.abs(recorded), Math.abs(value), 1e-3)
}

function minRequestsOf({ strategy }: RecordedRollout): number {
  return 'analysis' in strategy ? strategy.analysis.minRequests : 0
}

function text(rollout: RecordedRollout, key: string): string {
  const value: unknown = Object.getOwnPropertyDescriptor(rollout, key)?.value
  return value === undefined ? 'absent' : canonicalJson(value)
}
