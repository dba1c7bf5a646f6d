import { formatPercent } from '../../core/index.ts'
import type { Analysis } from '../types.ts'
import type { DecisionRecord, RecordedRollout } from './types.ts'

/**
 * One decision in a sentence, with the figures that it was decided by.
 *
 *   Rolled back v7 at 25 % after 2,140 requests: errors 2.1 % vs 0.5 % …; the budget of false rollbacks (5 %) was used up.
 *   ada promoted v7 at 25 %, before the analysis had passed. Known by then, after 310 requests: …
 */
export function explainRecord(record: DecisionRecord): string {
  return [decided(record), ...asides(record)].join(' ')
}

function decided(record: DecisionRecord): string {
  const { event, from, to } = record
  switch (event.kind) {
    case 'dequeued':
      return `The turn of ${name(record)} came${besides(record)}: its replicas load, warm up and are checked.`
    case 'replicas-ready':
      return to.phase === 'promoted'
        ? begun(record)
        : `Began with ${name(record)} ${place(to)}: its replicas are ready.`
    case 'replicas-failed':
      return `${from.weight > 0 ? 'Rolled back' : 'Gave up'} ${name(record)} ${stage(from)}: its replicas did not hold (${event.reason}).`
    case 'analysed':
      return judged(record, event.analysis)
    case 'concluded':
      return `The A/B of ${name(record)} was decided after ${requests(event.analysis)}. ${to.reason ?? ''}.`
    case 'reweighed':
      return `Gave ${name(record)} ${bare(to)} of the traffic after ${requests(event.analysis)}. ${to.reason ?? ''}.`
    case 'settled':
      return `The bandit of ${name(record)} was decided after ${requests(event.analysis)}. ${to.reason ?? ''}.`
    case 'refused':
      return `Gave up ${name(record)} ${stage(from)}: ${event.reason}.`
    case 'superseded':
      return `${name(record)} was superseded while it waited: rollout ${event.by} brings a newer one.`
    case 'promote':
      return `${event.by} promoted ${name(record)} ${place(from)}${unjudged(from)}${because(event.reason)}.`
    case 'abort':
      return `${event.by} ended the rollout of ${name(record)} ${stage(from)}${because(event.reason)}.`
    case 'override':
      return `${event.by} let ${name(record)} go on in spite of the calendars${because(event.reason)}.`
    case 'pause':
      return `${event.by} paused ${name(record)} ${stage(to)}${because(event.reason)}.`
    case 'resume':
      return `${event.by} let ${name(record)} go on ${stage(to)}${because(event.reason)}.`
    case 'pause-over':
      return `${name(record)} goes on ${stage(to)}: the time of its pause is over.`
    default:
      return `${name(record)} ${stage(to)}: ${to.reason ?? event.kind}.`
  }
}

/** A first version, a return by hand, or all traffic at once. */
function begun(record: DecisionRecord): string {
  const { from, to } = record
  const { strategy } = from
  const why = strategy.kind === 'immediate' ? strategy.why : undefined
  if (from.job === undefined) return `Returned to ${name(record)}, as ${from.by} asked${because(why)}.`
  return `Promoted ${name(record)} ${lowered(to.reason ?? 'at once')}.`
}

function judged(record: DecisionRecord, analysis: Analysis): string {
  const { from, to } = record
  const after = `after ${requests(analysis)}: ${findings(analysis)}`
  if (to.phase === 'aborted') return `Rolled back ${name(record)} ${place(from)} ${after}${spent(record)}.`
  if (to.phase === 'promoted') return `Promoted ${name(record)} ${place(from)} ${after}.`
  return `Moved ${name(record)} on from ${bare(from)} to ${bare(to)} ${after}.`
}

function asides({ known, approvals, to, leftOut }: DecisionRecord): readonly string[] {
  const by = [...new Set(approvals.map(approval => approval.by))]
  return [
    ...(known ? [`Known by then, after ${requests(known)}: ${findings(known)}.`] : []),
    ...(by.length > 0 && to.phase === 'promoted' ? [`Its deployment was approved by ${by.join(', ')}.`] : []),
    ...(leftOut ? ['Its evidence was too large to keep.'] : []),
  ]
}

/** Those that decided, else all. */
function findings({ metrics, verdict }: Analysis): string {
  const telling = metrics.filter(metric => metric.verdict === verdict)
  return (
    (telling.length > 0 ? telling : metrics).map(({ summary }) => summary).join('; ') || `analysis ${verdict}`
  )
}

/** Evidence is told of the metrics that spent the most; alone or together they used the budget up. */
function spent({ event }: DecisionRecord): string {
  if (event.kind !== 'analysed' || event.analysis.spent === undefined) return ''
  const budget = event.basis ? ` (${formatPercent(1 - event.basis.policy.confidence)})` : ''
  const nats = event.analysis.metrics.flatMap(({ metric, evidence }) =>
    evidence && evidence.harm > 0 ? [{ metric, ...evidence }] : [],
  )
  const [most] = nats.toSorted((a, b) => b.harm / b.harmNeeded - a.harm / a.harmNeeded)
  const evidence = most
    ? `, evidence of ${most.metric}: ${fixed(most.harm)} of ${fixed(most.harmNeeded)} nats`
    : ''
  return `; the budget of false rollbacks${budget} was used up${evidence}`
}

function name({ candidate }: DecisionRecord): string {
  return `v${candidate.number}`
}

function besides({ stable }: DecisionRecord): string {
  return stable ? `, over v${stable.number}` : ', the first'
}

/** Of one that takes part in the traffic. */
function place(rollout: RecordedRollout): string {
  return rollout.weight > 0 ? `at ${bare(rollout)}` : `from its ${bare(rollout)}`
}

function bare({ weight }: RecordedRollout): string {
  return weight > 0 ? formatPercent(weight) : 'shadow'
}

function stage(rollout: RecordedRollout): string {
  if (rollout.phase === 'progressing') return place(rollout)
  if (rollout.phase === 'queued') return 'while it waited'
  return rollout.phase === 'preparing' ? 'before it took traffic' : `, ${rollout.phase}`
}

function unjudged({ strategy, step }: RecordedRollout): string {
  return strategy.kind === 'canary'
    ? `, step ${step + 1} of ${strategy.steps.length}, before the analysis had passed`
    : ''
}

function because(reason: string | undefined): string {
  return reason ? `: ${reason}` : ''
}

function requests({ canaryRequests }: Analysis): string {
  return `${canaryRequests.toLocaleString('en')} ${canaryRequests === 1 ? 'request' : 'requests'}`
}

function lowered(text: string): string {
  return text.replace(/^Promoted /, '').replace(/^./, letter => letter.toLowerCase())
}

function fixed(nats: number): string {
  return nats.toFixed(1)
}
