import type { RolloutRecords } from '../../api/index.ts'
import { envelopeOf, type RolloutId } from '../../core/index.ts'
import { RECORD_TYPE, type StoredRecord } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { recordKeys } from '../signing/records.ts'

/** A rollout's records as they leave the server: each in its envelope, with all keys that ever signed any. */
export async function recordsViewOf(plane: ControlPlane, rollout: RolloutId): Promise<RolloutRecords> {
  const stored = await plane.stores.rollouts.records(rollout)
  const keys = await recordKeys(plane)
  return {
    kind: 'ballast.rollout.records/1',
    rollout,
    records: stored.map(envelopeView),
    keys: keys.map(key => ({ ...key })),
  }
}

function envelopeView({ payload, signature, unsigned }: StoredRecord): RolloutRecords['records'][number] {
  const { signatures, ...envelope } = envelopeOf(RECORD_TYPE, payload, signature ? [signature] : [])
  return { ...envelope, signatures: [...signatures], ...(unsigned !== undefined && { unsigned }) }
}
