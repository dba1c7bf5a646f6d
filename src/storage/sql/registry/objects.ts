import { type Digest, formatSize, type Instant, type ProjectId } from '../../../core/index.ts'
import { RegistryError } from '../../../registry/errors.ts'
import type { NewObject, ObjectIndex } from '../../../registry/ports.ts'
import type { ProjectUsage } from '../../../registry/types.ts'
import type { Db } from '../stores.ts'
import { objectOf } from './rows.ts'

/** More hints are no help: each costs a look at a recipe. */
const MAX_HINTS = 8

type Objects = Pick<
  ObjectIndex,
  | 'object'
  | 'objects'
  | 'landed'
  | 'used'
  | 'setWhole'
  | 'warmBytes'
  | 'coldest'
  | 'hold'
  | 'holdersOf'
  | 'usage'
  | 'allow'
  | 'setQuota'
  | 'hint'
>

/** Objects, who holds them, and how much a project may hold. */
export function objects(db: Db): Objects {
  return {
    async object(digest) {
      const row = await db.selectFrom('objects').selectAll().where('digest', '=', digest).executeTakeFirst()
      return row && objectOf(row)
    },
    async objects({ after, limit }) {
      const query = db
        .selectFrom('objects')
        .selectAll()
        .$if(after !== undefined, some => some.where('digest', '>', after!))
      return (await query.orderBy('digest').limit(limit).execute()).map(objectOf)
    },
    landed: object => db.transaction().execute(work => landed(work, object)),
    async used(digest, at) {
      await db.updateTable('objects').set({ used_at: at }).where('digest', '=', digest).execute()
    },
    async setWhole(digest, whole) {
      await db
        .updateTable('objects')
        .set({ whole: whole ? 1 : 0 })
        .where('digest', '=', digest)
        .execute()
    },
    async warmBytes() {
      const warm = db.selectFrom('objects').where('state', '=', 'packed').where('whole', '=', 1)
      const sum = warm.select(({ fn }) => fn.sum<number | null>('size').as('bytes'))
      return (await sum.executeTakeFirst())?.bytes ?? 0
    },
    async coldest(before, limit) {
      const warm = db.selectFrom('objects').selectAll().where('state', '=', 'packed').where('whole', '=', 1)
      const query = warm.where('used_at', '<', before).orderBy('used_at').orderBy('digest').limit(limit)
      return (await query.execute()).map(objectOf)
    },
    hold: (project, digest, at) =>
      db.transaction().execute(async work => {
        const query = work.selectFrom('objects').select('size').where('digest', '=', digest)
        const object = await query.executeTakeFirst()
        if (!object) throw unknownObject(digest)
        await hold(work, project, { digest, size: object.size, at })
        // A collection that is under way must not take away what somebody counts on from now on.
        await work.updateTable('objects').set({ touched_at: at }).where('digest', '=', digest).execute()
      }),
    async holdersOf(digest) {
      const query = db.selectFrom('object_holders').select('project').where('digest', '=', digest)
      return (await query.orderBy('project').execute()).map(({ project }) => project as ProjectId)
    },
    usage: project => usageOf(db, project),
    allow: (project, bytes) => allow(db, project, bytes),
    async setQuota(project, quota) {
      if (quota === undefined) {
        await db.deleteFrom('object_quotas').where('project', '=', project).execute()
        return
      }
      await db
        .insertInto('object_quotas')
        .values({ project, bytes: quota })
        .onConflict(conflict => conflict.column('project').doUpdateSet({ bytes: quota }))
        .execute()
    },
    hint: (digest, ancestors) => db.transaction().execute(work => setHints(work, digest, ancestors)),
  }
}

async function landed(work: Db, { digest, size, at, state, hold: project, ancestors }: NewObject) {
  await work
    .insertInto('objects')
    .values({
      digest,
      size,
      state,
      whole: 1,
      pack: null,
      layout: null,
      tries: 0,
      problem: null,
      created_at: at,
      touched_at: at,
      used_at: at,
      mark: 0,
    })
    .onConflict(conflict =>
      conflict.column('digest').doUpdateSet({ size, whole: 1, touched_at: at, used_at: at }),
    )
    .execute()
  // Bytes that were lost, and are here again.
  await work
    .updateTable('objects')
    .set({ state, pack: null, tries: 0, problem: null })
    .where('digest', '=', digest)
    .where('state', '=', 'damaged')
    .execute()
  if (project !== undefined) await hold(work, project, { digest, size, at })
  if (ancestors !== undefined) await setHints(work, digest, ancestors)
}

async function hold(
  work: Db,
  project: ProjectId,
  { digest, size, at }: { readonly digest: Digest; readonly size: number; readonly at: Instant },
): Promise<void> {
  const mine = work.selectFrom('object_holders').where('project', '=', project).where('digest', '=', digest)
  if (await mine.select('digest').executeTakeFirst()) {
    // Held anew: as young as if it were new.
    await work
      .updateTable('object_holders')
      .set({ created_at: at })
      .where('project', '=', project)
      .where('digest', '=', digest)
      .execute()
    return
  }
  await allow(work, project, size)
  const values = { project, digest, size, created_at: at, mark: 0 }
  await work.insertInto('object_holders').values(values).execute()
}

async function allow(db: Db, project: ProjectId, more: number): Promise<void> {
  const { bytes, quota } = await usageOf(db, project)
  if (quota !== undefined && bytes + more > quota) throw overQuota({ used: bytes, quota, more })
}

async function usageOf(db: Db, project: ProjectId): Promise<ProjectUsage> {
  const sums = await db
    .selectFrom('object_holders')
    .select(({ fn }) => [fn.countAll<number>().as('objects'), fn.sum<number | null>('size').as('bytes')])
    .where('project', '=', project)
    .executeTakeFirstOrThrow()
  const limits = db.selectFrom('object_quotas').select('bytes').where('project', '=', project)
  const quota = (await limits.executeTakeFirst())?.bytes
  return {
    objects: sums.objects,
    bytes: sums.bytes ?? 0,
    ...(quota === undefined ? {} : { quota }),
  }
}

async function setHints(work: Db, digest: Digest, ancestors: readonly Digest[]): Promise<void> {
  const wanted = [...new Set(ancestors)].filter(ancestor => ancestor !== digest).slice(0, MAX_HINTS)
  const known = await work
    .selectFrom('objects')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (!known || wanted.length === 0) return
  await work.deleteFrom('object_hints').where('digest', '=', digest).execute()
  const rows = wanted.map((ancestor, position) => ({ digest, position, ancestor }))
  await work.insertInto('object_hints').values(rows).execute()
}

function unknownObject(digest: Digest): RegistryError {
  return new RegistryError('BLOB_NOT_FOUND', {
    message: `There is no blob ${digest} in the store`,
    hint: 'Push the commit again; what is missing is uploaded then.',
    details: { digest },
  })
}

function overQuota(sizes: { readonly used: number; readonly quota: number; readonly more: number }) {
  const { used, quota, more } = sizes
  return new RegistryError('QUOTA_EXCEEDED', {
    message: `The project holds ${formatSize(used)} of the ${formatSize(quota)} that it may; ${formatSize(more)} more do not fit`,
    hint: 'Remove versions or artifacts that nobody needs, or ask an admin to raise it: `ballast registry quota`.',
    details: { used, quota, more },
  })
}
