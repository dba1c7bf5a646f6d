import {
  type Bytes,
  boundary,
  type Clock,
  type Digest,
  type Instant,
  instant,
  type Logger,
} from '../../core/index.ts'
import { rewritePack } from '../pack/rewrite.ts'
import type { PackStore, Recipe } from '../pack/types.ts'
import { contentsOf } from './contents.ts'
import type { Locks } from './locks.ts'
import type { CollectionIndex, ObjectIndex, PackShare, WholeStore } from './ports.ts'
import type { CollectOptions, CollectReport, Root, StoredObject } from './types.ts'

export interface CollectPorts {
  readonly index: ObjectIndex & CollectionIndex
  readonly whole: WholeStore
  readonly packs: PackStore
  readonly recipe: (object: StoredObject) => Promise<Recipe>
  readonly locks: Locks
  readonly clock: Clock
  readonly logger: Logger
  /** Ends it, between two steps of which each leaves the store sound. */
  readonly signal: AbortSignal
}

const PAGE = 500
/** What a report names; the rest is counted. */
const MAX_NAMED = 1000
/** A pack is written again when less than this part of it is needed. */
const MIN_LIVE = 0.5
/** Below this there is nothing to win, whatever the part. */
const MIN_REWRITE_BYTES: Bytes = 64 * 1024

/**
 * Removes what no root leads to and nobody has put for the grace period. Never beside a packing or a check: their
 * callers see to that. Puts and reads go on: a put touches its object, and what was touched since stays. May be cut
 * off anywhere; the next one goes on.
 */
export async function collect(
  ports: CollectPorts,
  roots: AsyncIterable<Root>,
  { grace, dryRun = false }: CollectOptions,
): Promise<CollectReport> {
  const { index, clock } = ports
  const cutoff = instant(clock.now() - grace)
  const mark = await index.nextMark()
  await markRoots(index, roots, mark)
  await markChunks(ports, mark, cutoff)
  const count = await index.countUnused({ mark, cutoff })
  const removed = await index.unused({ mark, cutoff, limit: MAX_NAMED })
  const shares = await index.packShares(mark)
  const plan = shares.map(share => ({ share, fate: fateOf(share, removed) }))
  const freed = dryRun ? estimate(removed, plan) : await sweep(ports, mark, cutoff)
  return {
    objects: count.objects,
    live: count.live,
    young: count.young,
    removed: removed.map(({ digest, size, touchedAt }) => ({ digest, size, touchedAt })),
    removedCount: count.unused,
    removedBytes: count.unusedBytes,
    ...freed,
  }
}

async function markRoots(index: CollectionIndex, roots: AsyncIterable<Root>, mark: number): Promise<void> {
  let some: Root[] = []
  for await (const root of roots) {
    some.push(root)
    if (some.length < PAGE) continue
    await index.markObjects(some, mark)
    some = []
  }
  if (some.length > 0) await index.markObjects(some, mark)
}

/** Every chunk of every object that stays, and every base that these stand on. */
async function markChunks(ports: CollectPorts, mark: number, cutoff: Instant): Promise<void> {
  const { index } = ports
  for (let after: Digest | undefined; ; ) {
    const page = await index.staying({ mark, cutoff, limit: PAGE, ...(after !== undefined && { after }) })
    for (const object of page) {
      if (object.state !== 'packed') continue
      await markPieces(ports, object, mark)
    }
    if (page.length < PAGE) break
    after = page.at(-1)!.digest
  }
  await index.markBases(mark)
}

/** An object that can't be read stops the collection: what it needs is not known. */
async function markPieces(
  { index, recipe, signal }: CollectPorts,
  object: StoredObject,
  mark: number,
): Promise<void> {
  signal.throwIfAborted()
  const { pieces } = await recipe(object)
  await index.markChunks([...new Set(pieces.map(({ chunk }) => chunk))], mark)
}

type Fate = 'stays' | 'removed' | 'rewritten'

function fateOf(share: PackShare, removed: readonly StoredObject[] = []): Fate {
  const recipes = share.recipes - removed.filter(({ pack }) => pack === share.id).length
  if (recipes <= 0 && share.liveChunks === 0) return 'removed'
  const dead = share.storedBytes - share.liveBytes
  return share.liveBytes < share.storedBytes * MIN_LIVE && dead >= MIN_REWRITE_BYTES ? 'rewritten' : 'stays'
}

interface Freed {
  readonly chunks: number
  readonly packsRemoved: number
  readonly packsRewritten: number
  readonly freedBytes: Bytes
}

/** What a dry run says: of the first thousand objects, and all packs. */
function estimate(
  removed: readonly StoredObject[],
  plan: readonly { readonly share: PackShare; readonly fate: Fate }[],
): Freed {
  const gone = plan.filter(({ fate }) => fate === 'removed')
  const again = plan.filter(({ fate }) => fate === 'rewritten')
  const dead = ({ share }: { readonly share: PackShare }) => share.storedBytes - share.liveBytes
  return {
    chunks: sum([...gone, ...again], ({ share }) => share.chunks - share.liveChunks),
    packsRemoved: gone.length,
    packsRewritten: again.length,
    freedBytes:
      sum(removed, ({ whole, size }) => (whole ? size : 0)) +
      sum(gone, ({ share }) => share.size) +
      sum(again, dead),
  }
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

async function sweep(ports: CollectPorts, mark: number, cutoff: Instant): Promise<Freed> {
  const { index } = ports
  await index.removeHoldings(mark, cutoff)
  let freedBytes = 0
  const spared = new Set<Digest>()
  for (;;) {
    const page = await index.unused({ mark, cutoff, limit: PAGE + spared.size })
    const fresh = page.filter(({ digest }) => !spared.has(digest))
    if (fresh.length === 0) break
    for (const { digest } of fresh) {
      const freed = await forget(ports, digest, cutoff)
      if (freed === undefined) spared.add(digest)
      else freedBytes += freed
    }
  }
  // What was put again meanwhile needs its chunks.
  for (const digest of spared) {
    const object = await index.object(digest)
    if (object?.state === 'packed') await markPieces(ports, object, mark)
  }
  await index.markBases(mark)
  const packs = await sweepPacks(ports, mark)
  return { ...packs, freedBytes: freedBytes + packs.freedBytes }
}

/** Row first, then file. Undefined: somebody has put it since. */
function forget(
  { index, whole, locks, signal }: CollectPorts,
  digest: Digest,
  cutoff: Instant,
): Promise<Bytes | undefined> {
  signal.throwIfAborted()
  return locks.run(digest, async () => {
    if (!(await index.removeObject(digest, cutoff))) return undefined
    boundary('object-forgotten')
    const size = (await whole.sizeOf(digest)) ?? 0
    await whole.remove(digest)
    return size
  })
}

async function sweepPacks(ports: CollectPorts, mark: number): Promise<Freed> {
  const { index, packs } = ports
  let [chunks, packsRemoved, packsRewritten, freedBytes] = [0, 0, 0, 0]
  for (const share of await index.packShares(mark)) {
    const fate = fateOf(share)
    if (fate === 'stays') continue
    chunks += share.chunks - share.liveChunks
    if (fate === 'removed') {
      await index.removePack(share.id)
      boundary('pack-forgotten')
      await packs.remove(share.id)
      packsRemoved++
      freedBytes += share.size
    } else {
      freedBytes += share.size - (await rewrite(ports, share, mark))
      packsRewritten++
    }
  }
  return { chunks, packsRemoved, packsRewritten, freedBytes }
}

/** The new pack is durable before the index names it, and named before the old one goes. Gives its size. */
async function rewrite(
  { index, packs, clock }: CollectPorts,
  { id }: PackShare,
  mark: number,
): Promise<Bytes> {
  const contents = await contentsOf(packs, id)
  const live = await index.markedChunks(id, mark)
  const objects = new Set((await index.objectsOfPack(id)).map(({ digest }) => digest))
  const draft = await packs.draft()
  const source = await packs.open(id)
  try {
    const { places, packSize } = await rewritePack({
      source,
      contents,
      chunks: new Set(live),
      objects,
      draft,
    })
    await draft.commit()
    boundary('pack-rewritten')
    await index.movePack(id, { id: draft.id, size: packSize, createdAt: clock.now() }, places)
    boundary('pack-forgotten')
    await packs.remove(id)
    return packSize
  } catch (failure) {
    await draft.abandon()
    throw failure
  } finally {
    await source.close()
  }
}
