import { type Instant, messageOf } from '../../../core/index.ts'
import {
  type Analysis,
  RECORD_TYPE,
  type RecordFacts,
  type Rollout,
  type RolloutEvent,
  recordDigest,
  recordPayload,
  type StoredRecord,
  type StoredRollout,
} from '../../../rollout/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { signRecord } from '../../signing/records.ts'
import { recordFacts } from './facts.ts'

export type Decided = Pick<RecordFacts, 'decision'> & {
  readonly from: StoredRollout
  readonly event: RolloutEvent
  readonly to: Rollout
  readonly at: Instant
  /** What was measured by then. */
  readonly known: Analysis | undefined
}

type Plane = Pick<ControlPlane, 'stores' | 'vault' | 'clock' | 'settings' | 'logger'>

/**
 * The record of a decision, to be stored with it. It names the one before it: of two that are made at once, the store
 * takes one, as it takes one of their changes.
 */
export async function recordOf(plane: Plane, decided: Decided): Promise<StoredRecord> {
  const { from, event, to, at, decision, known } = decided
  const last = await plane.stores.rollouts.lastRecord(from.id)
  const sequence = (last?.sequence ?? 0) + 1
  const facts: RecordFacts = {
    ...(await recordFacts(plane, from, to.stable)),
    sequence,
    ...(last && { previous: recordDigest(last.payload) }),
    at,
    decision,
    ...(known && event.kind !== 'analysed' && { known }),
  }
  const payload = recordPayload(facts, from, event, { ...to, by: from.by })
  return { rollout: from.id, sequence, payload, ...(await signatureOf(plane, payload)) }
}

/** A rollback is held up by no vault: the record is signed when it opens. */
async function signatureOf(
  plane: Plane,
  payload: string,
): Promise<Pick<StoredRecord, 'signature' | 'unsigned'>> {
  try {
    return { signature: await signRecord(plane, RECORD_TYPE, payload) }
  } catch (error) {
    plane.logger.error({ error: messageOf(error) }, "a rollout's record could not be signed")
    return { unsigned: messageOf(error) }
  }
}
