import { BallastError, boundary, type Clock, type Digest, type Logger, messageOf } from '../../core/index.ts'
import type { ChunkPlace, PackDraft, PackStore } from '../pack/types.ts'
import { contentsOf, layoutOf, reusedBy } from './contents.ts'
import type { ObjectIndex, WholeStore } from './ports.ts'
import type { StoredObject } from './types.ts'

/** Makes a pack of one file: in a process of its own, since a file that crashes it must cost one attempt. */
export interface Packer {
  /**
   * Writes the draft, and reads the object back from it before it says so. Throws PACKING_STOPPED when `signal` ends
   * it, PACKING_FAILED with the reason when the file can't be packed, or the process died.
   */
  pack(work: PackWork, signal: AbortSignal): Promise<void>
}

export interface PackWork {
  readonly digest: Digest
  readonly size: number
  /** Of the whole file. */
  readonly path: string
  readonly draft: Pick<PackDraft, 'id' | 'path'>
  readonly places: (chunks: readonly Digest[]) => Promise<ReadonlyMap<Digest, ChunkPlace>>
  /** Objects to look for bases in, given what the file's layout is. */
  readonly ancestors: (layout: string | undefined) => Promise<readonly StoredObject[]>
}

export interface PackingPorts {
  readonly index: ObjectIndex
  readonly whole: WholeStore
  readonly packs: PackStore
  readonly packer: Packer
  readonly clock: Clock
  readonly logger: Logger
}

/** What crashes the packer three times does so for ever. */
export const MAX_TRIES = 3
/** Each costs a look at its recipe, and a place in the memory of the packer. */
const MAX_ANCESTORS = 4

/**
 * Packs the object that has waited longest. False: none waits. Idempotent after a crash anywhere: the object waits
 * still, and a pack that nobody refers to is adopted or removed by the next start.
 */
export async function packNext(ports: PackingPorts, signal: AbortSignal): Promise<boolean> {
  const { index, whole } = ports
  const object = await index.nextToPack()
  if (!object || signal.aborted) return false
  if (!(await whole.has(object.digest))) {
    await index.damaged(object.digest, 'its file was removed from the folder before it was packed')
    return true
  }
  const tries = await index.beginTry(object.digest)
  if (tries > MAX_TRIES) {
    await index.keepWhole(object.digest, `the packer ended ${MAX_TRIES} times before it was done`)
    return true
  }
  await packOne(ports, object, signal)
  return true
}

async function packOne(ports: PackingPorts, object: StoredObject, signal: AbortSignal): Promise<void> {
  const { index, packs, logger } = ports
  const draft = await packs.draft()
  try {
    await ports.packer.pack(workOf(ports, object, draft), signal)
    boundary('pack-written')
    await draft.commit()
    boundary('pack-committed')
    await record(ports, object, draft)
    boundary('pack-indexed')
  } catch (failure) {
    await draft.abandon()
    // Not where the row says that it counts, whatever failed after that.
    if ((await index.object(object.digest))?.pack !== draft.id) await packs.remove(draft.id)
    if (isOutside(failure)) await index.forgiveTry(object.digest)
    else if (object.tries + 1 >= MAX_TRIES)
      await index.keepWhole(object.digest, messageOf(failure).slice(0, 500))
    logger.warn({ object: object.digest, error: messageOf(failure) }, 'an object could not be packed')
    if (failure instanceof BallastError && failure.code === 'DISK_FULL') throw failure
  }
}

/** What is no fault of the file. */
function isOutside(failure: unknown): boolean {
  const codes = ['PACKING_STOPPED', 'DISK_FULL', 'CHUNKS_GONE', 'DATABASE_BUSY']
  return failure instanceof BallastError && codes.includes(failure.code)
}

function workOf({ index, whole }: PackingPorts, object: StoredObject, draft: PackDraft): PackWork {
  return {
    digest: object.digest,
    size: object.size,
    path: whole.localPath(object.digest)!,
    draft,
    places: chunks => index.chunks(chunks),
    ancestors: layout => index.ancestorsOf(object.digest, layout, MAX_ANCESTORS),
  }
}

/** The index is told what the pack says of itself, not what its writer says. */
async function record({ index, packs, clock }: PackingPorts, object: StoredObject, draft: PackDraft) {
  const contents = await contentsOf(packs, draft.id)
  const recipe = contents.recipes.find(({ digest }) => digest === object.digest)
  if (!recipe) throw new Error(`the pack ${draft.id} has no recipe of ${object.digest}`)
  await index.packed({
    digest: object.digest,
    pack: { id: draft.id, size: contents.size, createdAt: clock.now() },
    ...layoutOf(recipe),
    chunks: contents.places,
    reused: reusedBy(contents, recipe),
  })
}
