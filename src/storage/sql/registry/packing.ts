import type { Digest } from '../../../core/index.ts'
import { RegistryError } from '../../../registry/errors.ts'
import type { ChunkPlace, LearntObject, ObjectIndex, PackedObject, PackUse } from '../../../registry/ports.ts'
import type { StoredObject } from '../../../registry/types.ts'
import type { Db } from '../stores.ts'
import { batches, chunkRow, objectOf, packUseOf, placeOf } from './rows.ts'

type Packing = Pick<
  ObjectIndex,
  | 'ancestorsOf'
  | 'nextToPack'
  | 'beginTry'
  | 'forgiveTry'
  | 'keepWhole'
  | 'damaged'
  | 'requeue'
  | 'packed'
  | 'chunks'
  | 'chunksOfPack'
  | 'objectsOfPack'
  | 'learnPack'
  | 'learnPacked'
  | 'moveChunk'
  | 'packs'
>

/** The way of an object from a whole file into a pack, and where chunks are. */
export function packing(db: Db): Packing {
  const update = (digest: Digest) => db.updateTable('objects').where('digest', '=', digest)
  return {
    ancestorsOf: (digest, layout, limit) => ancestorsOf(db, digest, layout, limit),
    async nextToPack() {
      const waiting = db
        .selectFrom('objects')
        .selectAll()
        .where('state', '=', 'landed')
        .where('whole', '=', 1)
      const row = await waiting.orderBy('created_at').orderBy('digest').limit(1).executeTakeFirst()
      return row && objectOf(row)
    },
    async beginTry(digest) {
      const counted = update(digest).set(({ eb }) => ({ tries: eb('tries', '+', 1) }))
      return (await counted.returning('tries').executeTakeFirst())?.tries ?? 0
    },
    async forgiveTry(digest) {
      const counted = update(digest).where('tries', '>', 0)
      await counted.set(({ eb }) => ({ tries: eb('tries', '-', 1) })).execute()
    },
    async keepWhole(digest, problem) {
      await update(digest)
        .where('state', '=', 'landed')
        .set({ state: 'kept', problem: problem ?? null })
        .execute()
    },
    async damaged(digest, problem) {
      await update(digest).set({ state: 'damaged', whole: 0, pack: null, layout: null, problem }).execute()
    },
    async requeue(digest) {
      const fresh = { state: 'landed', whole: 1, pack: null, tries: 0, problem: null }
      await update(digest).set(fresh).execute()
    },
    packed: result => db.transaction().execute(work => packed(work, result)),
    async chunks(digests) {
      const found = new Map<Digest, ReturnType<typeof placeOf>>()
      for (const some of batches(digests)) {
        const rows = await db.selectFrom('chunks').selectAll().where('digest', 'in', some).execute()
        for (const row of rows) found.set(row.digest as Digest, placeOf(row))
      }
      return found
    },
    async chunksOfPack(pack) {
      const query = db.selectFrom('chunks').selectAll().where('pack', '=', pack)
      return (await query.orderBy('offset').execute()).map(placeOf)
    },
    async objectsOfPack(pack) {
      const query = db.selectFrom('objects').selectAll().where('pack', '=', pack)
      return (await query.orderBy('digest').execute()).map(objectOf)
    },
    learnPack: (pack, places) => db.transaction().execute(work => addPack(work, pack, places)),
    learnPacked: object => learnPacked(db, object),
    async moveChunk({ chunk, ...place }) {
      const { digest: _, mark: __, ...columns } = chunkRow({ chunk, ...place })
      await db.updateTable('chunks').set(columns).where('digest', '=', chunk).execute()
    },
    async packs({ after, limit }) {
      const query = db
        .selectFrom('packs')
        .selectAll()
        .$if(after !== undefined, some => some.where('id', '>', after!))
      return (await query.orderBy('id').limit(limit).execute()).map(packUseOf)
    },
  }
}

async function ancestorsOf(
  db: Db,
  digest: Digest,
  layout: string | undefined,
  limit: number,
): Promise<readonly StoredObject[]> {
  // Of a project that holds both: what another project has is none of this one's business.
  const held = db
    .selectFrom('objects')
    .selectAll('objects')
    .where('objects.state', '=', 'packed')
    .where('objects.digest', '!=', digest)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('object_holders as theirs')
          .innerJoin('object_holders as ours', 'ours.project', 'theirs.project')
          .select('theirs.digest')
          .whereRef('theirs.digest', '=', 'objects.digest')
          .where('ours.digest', '=', digest),
      ),
    )
  const hinted = await held
    .innerJoin('object_hints', 'object_hints.ancestor', 'objects.digest')
    .where('object_hints.digest', '=', digest)
    .orderBy('object_hints.position')
    .limit(limit)
    .execute()
  const alike =
    layout === undefined
      ? []
      : await held.where('layout', '=', layout).orderBy('objects.created_at', 'desc').limit(limit).execute()
  const found = new Map([...hinted, ...alike].map(row => [row.digest, row]))
  return [...found.values()].slice(0, limit).map(objectOf)
}

async function packed(work: Db, { digest, pack, layout, chunks, reused }: PackedObject): Promise<void> {
  await checkReused(work, digest, reused)
  await addPack(work, pack, chunks)
  await work
    .updateTable('objects')
    .set({ state: 'packed', pack: pack.id, layout: layout ?? null, tries: 0, problem: null })
    .where('digest', '=', digest)
    .execute()
  await work.deleteFrom('object_hints').where('digest', '=', digest).execute()
}

async function addPack(work: Db, { id, size, createdAt }: PackUse, places: readonly ChunkPlace[]) {
  const pack = { id, size, created_at: createdAt }
  await work
    .insertInto('packs')
    .values(pack)
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
  for (const some of batches(places)) {
    await work
      .insertInto('chunks')
      .values(some.map(chunkRow))
      .onConflict(conflict => conflict.column('digest').doNothing())
      .execute()
  }
}

async function learnPacked(db: Db, { digest, size, pack, layout, whole, at }: LearntObject): Promise<void> {
  const found = {
    state: 'packed',
    pack,
    layout: layout ?? null,
    whole: whole ? 1 : 0,
    tries: 0,
    problem: null,
  }
  const times = { created_at: at, touched_at: at, used_at: at, mark: 0 }
  await db
    .insertInto('objects')
    .values({ digest, size, ...found, ...times })
    .onConflict(conflict => conflict.column('digest').doUpdateSet(found))
    .execute()
}

async function checkReused(work: Db, digest: Digest, reused: readonly Digest[]): Promise<void> {
  for (const some of batches(reused)) {
    const rows = await work.selectFrom('chunks').select('digest').where('digest', 'in', some).execute()
    const there = new Set<string>(rows.map(row => row.digest))
    const gone = some.find(chunk => !there.has(chunk))
    if (gone === undefined) continue
    throw new RegistryError('CHUNKS_GONE', {
      message: `${digest} was packed counting on the chunk ${gone}, which is not in the index any more`,
      hint: 'It is packed again by itself.',
      details: { digest, chunk: gone },
    })
  }
}
