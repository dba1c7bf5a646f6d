import type { AccessStore } from '../../../access/ports.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type SecretStore = Pick<AccessStore, 'setSecret' | 'removeSecret' | 'secrets'>

export function secrets(db: Db): SecretStore {
  return {
    async setSecret(scope, secret) {
      const content = {
        sealed: secret.sealed,
        kind: secret.kind,
        protected: Number(secret.protected),
        masked: Number(secret.masked),
        literal: Number(secret.literal),
        created_at: secret.createdAt,
      }
      const { name, environment } = secret
      const project = scope.startsWith('group:') ? null : scope
      await db
        .insertInto('secrets')
        .values({ scope, name, environment, project, ...content })
        .onConflict(conflict => conflict.columns(['scope', 'name', 'environment']).doUpdateSet(content))
        .execute()
    },
    async removeSecret(scope, name, environment) {
      const { numDeletedRows } = await db
        .deleteFrom('secrets')
        .where('scope', '=', scope)
        .where('name', '=', name)
        .where('environment', '=', environment)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    async secrets(scope) {
      const query = db.selectFrom('secrets').selectAll().where('scope', '=', scope)
      return (await query.orderBy('name').orderBy('environment').execute()).map(row => {
        const read = new RowReader('secrets', row)
        return {
          name: read.text('name'),
          environment: read.text('environment'),
          kind: read.choice('kind', ['variable', 'file']),
          protected: read.flag('protected'),
          masked: read.flag('masked'),
          literal: read.flag('literal'),
          sealed: read.text('sealed'),
          createdAt: read.instant('created_at'),
        }
      })
    },
  }
}
