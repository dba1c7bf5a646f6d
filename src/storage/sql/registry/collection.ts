import { sql } from 'kysely'
import type { Digest, Instant } from '../../../core/index.ts'
import type { CollectionCount, CollectionIndex, PackShare } from '../../../registry/ports.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { batches, chunkRow, objectOf, packUseOf } from './rows.ts'

/** The marking and sweeping of a collection. All of it may be cut off at any moment and begun anew. */
export function collection(db: Db): CollectionIndex {
  const unused = (mark: number, cutoff: Instant) =>
    db.selectFrom('objects').where('mark', '!=', mark).where('touched_at', '<', cutoff)
  return {
    async nextMark() {
      const query = db.selectFrom('objects').select(({ fn }) => fn.max('mark').as('mark'))
      const chunk = db.selectFrom('chunks').select(({ fn }) => fn.max('mark').as('mark'))
      const [objects, chunks] = [await query.executeTakeFirst(), await chunk.executeTakeFirst()]
      return Math.max(objects?.mark ?? 0, chunks?.mark ?? 0) + 1
    },
    async markObjects(roots, mark) {
      for (const some of batches(roots)) await markObjects(db, some, mark)
    },
    async markChunks(chunks, mark) {
      for (const some of batches(chunks))
        await db.updateTable('chunks').set({ mark }).where('digest', 'in', some).execute()
    },
    async markBases(mark) {
      for (;;) {
        const bases = db
          .selectFrom('chunks')
          .select('base')
          .where('mark', '=', mark)
          .where('base', 'is not', null)
        const query = db.updateTable('chunks').set({ mark }).where('mark', '!=', mark)
        const { numUpdatedRows } = await query
          .where('digest', 'in', bases.$castTo<{ base: string }>())
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return
      }
    },
    async staying({ mark, cutoff, after, limit }) {
      const query = db
        .selectFrom('objects')
        .selectAll()
        .where(eb => eb.or([eb('mark', '=', mark), eb('touched_at', '>=', cutoff)]))
        .$if(after !== undefined, some => some.where('digest', '>', after!))
      return (await query.orderBy('digest').limit(limit).execute()).map(objectOf)
    },
    async unused({ mark, cutoff, limit }) {
      const query = unused(mark, cutoff).selectAll().orderBy('size', 'desc').orderBy('digest')
      return (await query.limit(limit).execute()).map(objectOf)
    },
    countUnused: ({ mark, cutoff }) => countUnused(db, mark, cutoff),
    async removeObject(digest, cutoff) {
      const query = db.deleteFrom('objects').where('digest', '=', digest).where('touched_at', '<', cutoff)
      return (await query.executeTakeFirst()).numDeletedRows > 0n
    },
    async removeHoldings(mark, cutoff) {
      const query = db.deleteFrom('object_holders').where('mark', '!=', mark)
      return Number((await query.where('created_at', '<', cutoff).executeTakeFirst()).numDeletedRows)
    },
    packShares: mark => packShares(db, mark),
    async markedChunks(pack, mark) {
      const query = db.selectFrom('chunks').select('digest').where('pack', '=', pack).where('mark', '=', mark)
      return (await query.execute()).map(({ digest }) => digest as Digest)
    },
    removePack: pack =>
      db.transaction().execute(async work => {
        await work.deleteFrom('chunks').where('pack', '=', pack).execute()
        await work.deleteFrom('packs').where('id', '=', pack).execute()
      }),
    movePack: (from, to, places) =>
      db.transaction().execute(async work => {
        const { id, size, createdAt } = to
        await work.insertInto('packs').values({ id, size, created_at: createdAt }).execute()
        await work.deleteFrom('chunks').where('pack', '=', from).execute()
        for (const some of batches(places))
          await work.insertInto('chunks').values(some.map(chunkRow)).execute()
        await work.updateTable('objects').set({ pack: id }).where('pack', '=', from).execute()
        await work.deleteFrom('packs').where('id', '=', from).execute()
      }),
  }
}

type Roots = Parameters<CollectionIndex['markObjects']>[0]

async function markObjects(db: Db, roots: Roots, mark: number): Promise<void> {
  const digests = roots.map(({ digest }) => digest)
  await db.updateTable('objects').set({ mark }).where('digest', 'in', digests).execute()
  const everybodys = roots.filter(({ project }) => project === undefined).map(({ digest }) => digest)
  if (everybodys.length > 0)
    await db.updateTable('object_holders').set({ mark }).where('digest', 'in', everybodys).execute()
  const byProject = new Map<string, Digest[]>()
  for (const { digest, project } of roots) {
    if (project === undefined) continue
    byProject.set(project, [...(byProject.get(project) ?? []), digest])
  }
  for (const [project, theirs] of byProject) {
    const held = db.updateTable('object_holders').set({ mark }).where('project', '=', project)
    await held.where('digest', 'in', theirs).execute()
  }
}

async function countUnused(db: Db, mark: number, cutoff: Instant): Promise<CollectionCount> {
  const row = await db
    .selectFrom('objects')
    .select(({ fn }) => [
      fn.countAll<number>().as('objects'),
      sql<number>`coalesce(sum(case when mark = ${mark} then 1 else 0 end), 0)`.as('live'),
      sql<number>`coalesce(sum(case when mark <> ${mark} and touched_at >= ${cutoff} then 1 else 0 end), 0)`.as(
        'young',
      ),
      sql<number>`coalesce(sum(case when mark <> ${mark} and touched_at < ${cutoff} then 1 else 0 end), 0)`.as(
        'unused',
      ),
      sql<number>`coalesce(sum(case when mark <> ${mark} and touched_at < ${cutoff} then size else 0 end), 0)`.as(
        'bytes',
      ),
    ])
    .executeTakeFirstOrThrow()
  const read = new RowReader('objects', row)
  return {
    objects: read.number('objects'),
    live: read.number('live'),
    young: read.number('young'),
    unused: read.number('unused'),
    unusedBytes: read.number('bytes'),
  }
}

async function packShares(db: Db, mark: number): Promise<readonly PackShare[]> {
  const rows = await db
    .selectFrom('packs')
    .leftJoin('chunks', 'chunks.pack', 'packs.id')
    .select(({ fn, selectFrom }) => [
      'packs.id as id',
      'packs.size as size',
      'packs.created_at as created_at',
      fn.count<number>('chunks.digest').as('chunks'),
      sql<number>`coalesce(sum(chunks.stored), 0)`.as('stored'),
      sql<number>`coalesce(sum(case when chunks.mark = ${mark} then 1 else 0 end), 0)`.as('live_chunks'),
      sql<number>`coalesce(sum(case when chunks.mark = ${mark} then chunks.stored else 0 end), 0)`.as(
        'live_bytes',
      ),
      selectFrom('objects')
        .select(count => count.fn.countAll<number>().as('n'))
        .whereRef('objects.pack', '=', 'packs.id')
        .as('recipes'),
    ])
    .groupBy(['packs.id', 'packs.size', 'packs.created_at'])
    .orderBy('packs.id')
    .execute()
  return rows.map(row => {
    const read = new RowReader('packs', row)
    return {
      ...packUseOf(row),
      recipes: read.number('recipes'),
      chunks: read.number('chunks'),
      liveChunks: read.number('live_chunks'),
      storedBytes: read.number('stored'),
      liveBytes: read.number('live_bytes'),
    }
  })
}
