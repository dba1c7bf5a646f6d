import { canonicalJson, type Digest, digestOf } from '../../core/index.ts'
import type { StoredRollout } from '../ports.ts'
import type { Rollout, RolloutEvent } from '../types.ts'
import {
  type DecisionRecord,
  EVIDENTIAL,
  MAX_RECORD_BYTES,
  RECORD_KIND,
  type RecordedRollout,
} from './types.ts'

/** What a record is made of, beside what happened. */
export type RecordFacts = Omit<DecisionRecord, 'kind' | 'from' | 'event' | 'to' | 'leftOut'>

/**
 * The payload of a record: canonical JSON, so that equal records are equal bytes. JSON has no infinity: an end of an
 * interval that lies there is the largest number.
 */
export function recordPayload(
  facts: RecordFacts,
  from: StoredRollout,
  event: RolloutEvent,
  to: Rollout & Pick<StoredRollout, 'by'>,
): string {
  const record: DecisionRecord = {
    ...facts,
    kind: RECORD_KIND,
    from: recorded(from),
    event,
    to: recorded(to),
  }
  const payload = canonicalJson(finite(record))
  const what = EVIDENTIAL.find(member => member in event)
  if (Buffer.byteLength(payload) <= MAX_RECORD_BYTES || what === undefined) return payload
  const text = canonicalJson(finite(Object.getOwnPropertyDescriptor(event, what)?.value))
  const rest = Object.fromEntries(Object.entries(event).filter(([member]) => member !== what))
  const leftOut = { what, digest: digestOf(text), bytes: Buffer.byteLength(text) }
  return canonicalJson(finite({ ...record, event: rest, leftOut }))
}

/** By which the next record of the rollout names it. */
export function recordDigest(payload: string | Uint8Array): Digest {
  return digestOf(payload)
}

/** What another process compares and sets by is no part of the decision. */
function recorded(rollout: RecordedRollout & { readonly revision?: number }): RecordedRollout {
  const { revision: _revision, ...rest } = rollout
  return rest
}

function finite(value: unknown): unknown {
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return null
    return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
  }
  if (Array.isArray(value)) return value.map(finite)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, finite(member)]))
  return value
}
