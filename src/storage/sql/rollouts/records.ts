import type { RolloutId } from '../../../core/index.ts'
import type { RolloutStore, StoredRecord } from '../../../rollout/ports.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type RecordStore = Pick<RolloutStore, 'records' | 'lastRecord' | 'unsignedRecords' | 'signRecord'>

/** What was decided about rollouts, as it was signed. */
export function records(db: Db): RecordStore {
  return {
    async records(rollout, page) {
      const all = db.selectFrom('rollout_records').selectAll().where('rollout', '=', rollout)
      const query = page ? all.where('sequence', '>', page.after).limit(page.limit) : all
      return (await query.orderBy('sequence').execute()).map(recordOf)
    },
    async lastRecord(rollout) {
      const query = db.selectFrom('rollout_records').selectAll().where('rollout', '=', rollout)
      const row = await query.orderBy('sequence', 'desc').executeTakeFirst()
      return row && recordOf(row)
    },
    async unsignedRecords(limit) {
      const query = db.selectFrom('rollout_records').selectAll().where('signature', 'is', null)
      return (await query.orderBy('rollout').orderBy('sequence').limit(limit).execute()).map(recordOf)
    },
    async signRecord(rollout, sequence, { keyid, sig }) {
      await db
        .updateTable('rollout_records')
        .set({ signing_key: keyid, signature: sig, unsigned: null })
        .where('rollout', '=', rollout)
        .where('sequence', '=', sequence)
        .where('signature', 'is', null)
        .execute()
    },
  }
}

export async function addRecord(work: Db, record: StoredRecord): Promise<void> {
  const { rollout, sequence, payload, signature, unsigned } = record
  await work
    .insertInto('rollout_records')
    .values({
      rollout,
      sequence,
      payload,
      signing_key: signature?.keyid ?? null,
      signature: signature?.sig ?? null,
      unsigned: unsigned ?? null,
    })
    .execute()
}

function recordOf(row: object): StoredRecord {
  const read = new RowReader('rollout_records', row)
  return {
    rollout: read.text<RolloutId>('rollout'),
    sequence: read.number('sequence'),
    payload: read.text('payload'),
    ...present({
      signature: read.optional('signature', column => ({
        keyid: read.text('signing_key'),
        sig: read.text(column),
      })),
      unsigned: read.optional('unsigned', column => read.text(column)),
    }),
  }
}
