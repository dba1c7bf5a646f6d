import type { RecordPage } from '../../api/index.ts'
import { envelopeOf, type RolloutId } from '../../core/index.ts'
import { RECORD_TYPE, type StoredRecord } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { recordKeys } from '../signing/records.ts'

/** A record has a megabyte at most. */
const PAGE_RECORDS = 20

/** A page of a rollout's records as they leave the server: each in its envelope, with all keys that ever signed any. */
export async function recordPageOf(
  plane: ControlPlane,
  rollout: RolloutId,
  after: number,
): Promise<RecordPage> {
  const stored = await plane.stores.rollouts.records(rollout, { after, limit: PAGE_RECORDS })
  const keys = await recordKeys(plane)
  return {
    kind: 'ballast.rollout.records/1',
    rollout,
    records: stored.map(envelopeView),
    keys: keys.map(key => ({ ...key })),
    next: stored.length < PAGE_RECORDS ? null : stored.at(-1)!.sequence,
  }
}

function envelopeView({ payload, signature, unsigned }: StoredRecord): RecordPage['records'][number] {
  const { signatures, ...envelope } = envelopeOf(RECORD_TYPE, payload, signature ? [signature] : [])
  return { ...envelope, signatures: [...signatures], ...(unsigned !== undefined && { unsigned }) }
}
