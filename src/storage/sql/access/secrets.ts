import type { AccessStore } from '../../../access/ports.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type SecretStore = Pick<AccessStore, 'setSecret' | 'removeSecret' | 'secrets'>

export function secrets(db: Db): SecretStore {
  return {
    async setSecret(project, name, sealed, now) {
      const content = { sealed, created_at: now }
      await db
        .insertInto('secrets')
        .values({ project, name, ...content })
        .onConflict(conflict => conflict.columns(['project', 'name']).doUpdateSet(content))
        .execute()
    },
    async removeSecret(project, name) {
      const { numDeletedRows } = await db
        .deleteFrom('secrets')
        .where('project', '=', project)
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    async secrets(project) {
      const query = db.selectFrom('secrets').selectAll().where('project', '=', project)
      return (await query.orderBy('name').execute()).map(row => {
        const read = new RowReader('secrets', row)
        return {
          name: read.text('name'),
          sealed: read.text('sealed'),
          createdAt: read.instant('created_at'),
        }
      })
    },
  }
}
