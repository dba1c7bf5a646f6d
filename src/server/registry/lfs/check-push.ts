import type { CommitId, Digest } from '../../../core/index.ts'
import {
  changedByPush,
  type LfsLock,
  NO_COMMIT,
  type PointerAt,
  pointersIn,
  type ReceivedPush,
} from '../../../git/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { receivedObjects } from './objects.ts'

/** Told by name; more is a number. */
const SHOWN = 5
/** Looked up in the database together. */
const AT_ONCE = 500
const LOCKS_PAGE = 1000

type Checked = Pick<ReceivedPush, 'project' | 'principal' | 'directory' | 'changes' | 'quarantine'>

/**
 * Why Git LFS stands against a push, in words for its sender: it changes a file that somebody else has locked, or
 * brings pointers to bytes that this repository has not received.
 */
export async function lfsRefusal(plane: ControlPlane, push: Checked): Promise<string | undefined> {
  const after = [...new Set(push.changes.map(({ after }) => after))].filter(id => id !== NO_COMMIT)
  if (after.length === 0) return undefined
  return (await lockedPaths(plane, push, after)) ?? (await missingObjects(plane, push, after))
}

async function lockedPaths(
  plane: ControlPlane,
  { project, principal, directory, quarantine }: Checked,
  after: readonly CommitId[],
): Promise<string | undefined> {
  const locks = new Map<string, LfsLock>()
  for await (const lock of allLocks(plane, project)) if (lock.owner !== principal) locks.set(lock.path, lock)
  if (locks.size === 0) return undefined
  const hit = new Map<string, LfsLock>()
  for await (const path of changedByPush(directory, after, quarantine)) {
    const lock = locks.get(path)
    if (lock) hit.set(path, lock)
    if (hit.size === locks.size) break
  }
  if (hit.size === 0) return undefined
  const lines = [...hit.values()].map(({ path, ownerName }) => `  ${path} (by ${ownerName})`)
  return [
    'This push changes files that others have locked:',
    ...someOf(lines),
    'Wait until they are unlocked, or have a maintainer run `git lfs unlock --force`.',
  ].join('\n')
}

async function* allLocks(
  { stores }: ControlPlane,
  project: ReceivedPush['project'],
): AsyncGenerator<LfsLock> {
  for (let after: string | undefined; ; ) {
    const page = await stores.lfs.locks(project, { limit: LOCKS_PAGE, ...(after && { after }) })
    yield* page
    if (page.length < LOCKS_PAGE) return
    after = page.at(-1)!.id
  }
}

async function missingObjects(
  plane: ControlPlane,
  { project, directory, quarantine }: Checked,
  from: readonly CommitId[],
): Promise<string | undefined> {
  const missing = new Map<Digest, PointerAt>()
  let batch: PointerAt[] = []
  const look = async () => {
    const digests = [...new Set(batch.map(({ digest }) => digest))]
    const received = await receivedObjects(plane, project, digests)
    for (const pointer of batch)
      if (received.get(pointer.digest) !== pointer.size) missing.set(pointer.digest, pointer)
    for (const digest of received.keys()) await plane.blobs.hold(project, digest)
    batch = []
  }
  for await (const pointer of pointersIn(directory, { from, newOnly: true, quarantine })) {
    batch.push(pointer)
    if (batch.length >= AT_ONCE) await look()
  }
  if (batch.length > 0) await look()
  if (missing.size === 0) return undefined
  const lines = [...missing.values()].map(
    ({ path, digest, size }) => `  ${path} (${digest.slice(7, 19)}…, ${size} bytes)`,
  )
  return [
    'Git LFS keeps files of this push whose content has not arrived here:',
    ...someOf(lines),
    'Set it up with `git lfs install`, send them with `git lfs push --all origin`, and push again.',
  ].join('\n')
}

function someOf(lines: readonly string[]): readonly string[] {
  const more = lines.length - SHOWN
  return more > 0 ? [...lines.slice(0, SHOWN), `  and ${more} more`] : lines
}
