import type { RolloutRecords, RolloutView } from '../../../api/index.ts'
import { isoOf, payloadOf } from '../../../core/index.ts'
import { explainRecord, hasEnded, readRecord } from '../../../rollout/index.ts'

export interface Told {
  readonly at: string | null
  readonly sentence: string
}

export interface Explained {
  readonly rollout: string
  readonly phase: RolloutView['phase']
  /** The latest decision, or all of them. */
  readonly decisions: readonly Told[]
  /** Why it does not move on now; of one that has ended, nothing. */
  readonly now: string | null
}

export function explain(rollout: RolloutView, { records }: RolloutRecords, all: boolean): Explained {
  const { id, phase, reason } = rollout
  return {
    rollout: id,
    phase,
    decisions: (all ? records : records.slice(-1)).map(envelope => told(envelope)),
    now: hasEnded(phase) ? null : `${standing(rollout)}${reason ? `: ${reason}` : ''}.`,
  }
}

export function describeExplained({ decisions, now }: Explained): string {
  const single = decisions.length === 1
  return [
    ...decisions.map(({ at, sentence }) => (single || at === null ? sentence : `${at}  ${sentence}`)),
    ...(now === null ? [] : [now]),
    ...(decisions.length === 0 && now === null ? ['It has no records: it ended before they were kept.'] : []),
  ].join('\n')
}

function told(envelope: RolloutRecords['records'][number]): Told {
  const payload = payloadOf(envelope)
  const record = payload ? readRecord(payload) : { unreadable: 'it is no base64' }
  return 'unreadable' in record
    ? { at: null, sentence: `A record can't be read: ${record.unreadable}.` }
    : { at: isoOf(record.at), sentence: explainRecord(record) }
}

function standing({ phase, candidate, steps, step }: RolloutView): string {
  if (phase === 'queued') return `v${candidate.number} waits`
  if (phase === 'preparing') return `v${candidate.number} is being prepared`
  return `v${candidate.number} stands at step ${step + 1} of ${Math.max(1, steps.length)}`
}
