import type { Json } from '../../../core/index.ts'
import type { DeliveryStore, KeyPurpose, SigningKey } from '../../../pipeline/ports.ts'
import { isRecord } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

export function signingKeys(
  db: Db,
): Pick<DeliveryStore, 'signingKeys' | 'addSigningKey' | 'removeSigningKey'> {
  return {
    async signingKeys(purpose) {
      const all = db.selectFrom('signing_keys').selectAll().where('purpose', '=', purpose)
      const query = all.orderBy('created_at').orderBy('id')
      return (await query.execute()).map(keyOf)
    },
    addSigningKey: (key, from) =>
      db.transaction().execute(async work => {
        const used = await work
          .selectFrom('signing_keys')
          .select('id')
          .where('purpose', '=', key.purpose)
          .where('retired_at', 'is', null)
          .executeTakeFirst()
        if (used?.id !== from) return false
        await work
          .updateTable('signing_keys')
          .set({ retired_at: key.createdAt })
          .where('purpose', '=', key.purpose)
          .where('retired_at', 'is', null)
          .execute()
        await work.insertInto('signing_keys').values(rowOf(key)).execute()
        return true
      }),
    async removeSigningKey(id) {
      await db.deleteFrom('signing_keys').where('id', '=', id).where('retired_at', 'is not', null).execute()
    },
  }
}

function rowOf({ id, purpose, publicKey, sealed, createdAt, retiredAt }: SigningKey) {
  return {
    id,
    purpose,
    public_key: JSON.stringify(publicKey),
    sealed,
    created_at: createdAt,
    retired_at: retiredAt ?? null,
  }
}

function keyOf(row: object): SigningKey {
  const read = new RowReader('signing_keys', row)
  return {
    id: read.text('id'),
    purpose: read.choice<KeyPurpose>('purpose', ['identity', 'records']),
    publicKey: read.json('public_key', isJwk),
    sealed: read.text('sealed'),
    createdAt: read.instant('created_at'),
    ...present({ retiredAt: read.optional('retired_at', column => read.instant(column)) }),
  }
}

function isJwk(value: unknown): value is Readonly<Record<string, Json>> {
  return isRecord(value)
}
