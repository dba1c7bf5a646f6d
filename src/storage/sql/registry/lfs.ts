import type { Digest, LockId, PrincipalId, ProjectId } from '../../../core/index.ts'
import type { LfsLock, LfsStore } from '../../../git/ports.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

/** What SQLite and PostgreSQL both take in one `in (…)`. */
const MAX_IN = 500

export function lfs(db: Db): LfsStore {
  return { ...grants(db), ...locks(db) }
}

function grants(db: Db): Pick<LfsStore, 'grant' | 'granted' | 'grants'> {
  return {
    async grant({ project, digest, size, principal, grantedAt }) {
      await db
        .insertInto('object_grants')
        .values({ project, digest, size, principal, granted_at: grantedAt })
        .onConflict(conflict => conflict.columns(['project', 'digest']).doNothing())
        .execute()
    },
    async granted(project, digests) {
      const found = new Map<Digest, number>()
      for (let from = 0; from < digests.length; from += MAX_IN) {
        const rows = await db
          .selectFrom('object_grants')
          .select(['digest', 'size'])
          .where('project', '=', project)
          .where('digest', 'in', digests.slice(from, from + MAX_IN))
          .execute()
        for (const row of rows) {
          const read = new RowReader('object_grants', row)
          found.set(read.text<Digest>('digest'), read.number('size'))
        }
      }
      return found
    },
    async grants(project, { after, limit }) {
      const rows = await db
        .selectFrom('object_grants')
        .select(['digest', 'size'])
        .where('project', '=', project)
        .$if(after !== undefined, query => query.where('digest', '>', after!))
        .orderBy('digest')
        .limit(limit)
        .execute()
      return rows.map(row => {
        const read = new RowReader('object_grants', row)
        return { digest: read.text<Digest>('digest'), size: read.number('size') }
      })
    },
  }
}

function locks(db: Db): Pick<LfsStore, 'addLock' | 'locks' | 'removeLock'> {
  const withOwner = (from: Db) =>
    from
      .selectFrom('lfs_locks')
      .innerJoin('principals', 'principals.id', 'lfs_locks.principal')
      .selectAll('lfs_locks')
      .select('principals.name as owner_name')
  return {
    addLock: ({ id, project, path, owner, lockedAt }) =>
      db.transaction().execute(async work => {
        const { numInsertedOrUpdatedRows } = await work
          .insertInto('lfs_locks')
          .values({ id, project, path, principal: owner, locked_at: lockedAt })
          .onConflict(conflict => conflict.columns(['project', 'path']).doNothing())
          .executeTakeFirstOrThrow()
        const row = await withOwner(work)
          .where('lfs_locks.project', '=', project)
          .where('lfs_locks.path', '=', path)
          .executeTakeFirstOrThrow()
        return { kind: numInsertedOrUpdatedRows === 1n ? 'locked' : 'taken', lock: lockOf(row) }
      }),
    async locks(project, { path, id, after, limit }) {
      const rows = await withOwner(db)
        .where('lfs_locks.project', '=', project)
        .$if(path !== undefined, query => query.where('lfs_locks.path', '=', path!))
        .$if(id !== undefined, query => query.where('lfs_locks.id', '=', id!))
        .$if(after !== undefined, query => query.where('lfs_locks.id', '>', after!))
        .orderBy('lfs_locks.id')
        .limit(limit)
        .execute()
      return rows.map(lockOf)
    },
    async removeLock(project, id) {
      const { numDeletedRows } = await db
        .deleteFrom('lfs_locks')
        .where('project', '=', project)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}

function lockOf(row: object): LfsLock {
  const read = new RowReader('lfs_locks', row)
  return {
    id: read.text<LockId>('id'),
    project: read.text<ProjectId>('project'),
    path: read.text('path'),
    owner: read.text<PrincipalId>('principal'),
    ownerName: read.text('owner_name'),
    lockedAt: read.instant('locked_at'),
  }
}
