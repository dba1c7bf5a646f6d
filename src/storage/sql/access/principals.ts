import { AccessError } from '../../../access/errors.ts'
import type { AccessStore } from '../../../access/ports.ts'
import type { Principal } from '../../../access/types.ts'
import type { PrincipalId } from '../../../core/index.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type PrincipalStore = Pick<AccessStore, 'addPrincipal' | 'principal' | 'principalByName' | 'principals'>

export function principals(db: Db): PrincipalStore {
  return {
    async addPrincipal({ id, name, kind, admin, createdAt }) {
      await db.transaction().execute(async work => {
        const taken = await work
          .selectFrom('principals')
          .select('id')
          .where('name', '=', name)
          .executeTakeFirst()
        if (taken) {
          throw new AccessError('PRINCIPAL_EXISTS', {
            message: `There is somebody named '${name}' already`,
            hint: 'Choose another name, or make a token for the one that is there.',
          })
        }
        const row = { id, name, kind, admin: admin ? 1 : 0, created_at: createdAt }
        await work.insertInto('principals').values(row).execute()
      })
    },
    async principal(id) {
      const row = await db.selectFrom('principals').selectAll().where('id', '=', id).executeTakeFirst()
      return row && principalOf(row)
    },
    async principalByName(name) {
      const row = await db.selectFrom('principals').selectAll().where('name', '=', name).executeTakeFirst()
      return row && principalOf(row)
    },
    async principals() {
      const rows = await db.selectFrom('principals').selectAll().orderBy('name').execute()
      return rows.map(principalOf)
    },
  }
}

export function principalOf(row: object): Principal {
  const read = new RowReader('principals', row)
  return {
    id: read.text<PrincipalId>('id'),
    name: read.text('name'),
    kind: read.choice('kind', ['person', 'service', 'agent']),
    admin: read.flag('admin'),
    createdAt: read.instant('created_at'),
  }
}
