import {
  type CommitId,
  type Digest,
  formatSize,
  inParallel,
  type PrincipalId,
  type ProjectId,
} from '../../../core/index.ts'
import { type LfsPartials, type PointerFile, pointerFiles } from '../../../git/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { lfsObjects } from '../../registry/lfs/objects.ts'
import { MAX_BATCH, type Offer, type Origin, offersOf } from './batch.ts'
import { download } from './download.ts'
import type { Asking } from './request.ts'

/** Large files come one behind the other faster than all at once; small ones wait for each other's answers. */
const AT_ONCE = 3
/** Told by name; more is a number. */
const SHOWN = 3

export interface Fetching {
  readonly project: ProjectId
  /** Who set the mirror. */
  readonly principal: PrincipalId
  readonly directory: string
  readonly commits: readonly CommitId[]
  readonly origin: Origin
  readonly asking: Asking
}

interface Outcome {
  fetched: number
  bytes: number
  readonly missing: Map<string, string>
}

/**
 * Fetches what Git LFS keeps of the files of these commits and the project has not received. Gives what came of it in
 * a line; undefined where nothing was wanted. An object that the origin says it has not is told; where the origin
 * can't be asked, or a connection breaks, it throws: what is there by then stays, and a part of an object is gone on
 * with the next time.
 */
export async function fetchObjects(
  plane: ControlPlane,
  partials: LfsPartials,
  fetching: Fetching,
): Promise<string | undefined> {
  const wanted = await wantedOf(plane, fetching)
  if (wanted.length === 0) return undefined
  const { project, origin, asking } = fetching
  const objects = lfsObjects(plane)
  await objects.allow(
    project,
    wanted.reduce((sum, { size }) => sum + size, 0),
  )
  const outcome: Outcome = { fetched: 0, bytes: 0, missing: new Map() }
  for (let at = 0; at < wanted.length; at += MAX_BATCH) {
    const batch = wanted.slice(at, at + MAX_BATCH)
    const offers = await offersOf(origin, batch, asking)
    if (!offers) return `the remote does not speak Git LFS: ${namesOf(wanted.map(({ path }) => path))} lack`
    await inParallel(batch, AT_ONCE, async file => {
      const why = await take(plane, partials, fetching, file, offers.get(file.digest))
      if (why !== undefined) outcome.missing.set(file.path, why)
      else {
        outcome.fetched++
        outcome.bytes += file.size
      }
    })
  }
  return told(outcome)
}

/** Each object once, by one of its paths. */
async function wantedOf(
  plane: ControlPlane,
  { project, directory, commits }: Fetching,
): Promise<readonly PointerFile[]> {
  const files = new Map<Digest, PointerFile>()
  for (const commit of commits)
    for (const file of await pointerFiles(directory, commit)) files.set(file.digest, file)
  const received = await lfsObjects(plane).received(project, [...files.keys()])
  for (const digest of received.keys()) await lfsObjects(plane).rely(project, digest)
  return [...files.values()].filter(({ digest }) => !received.has(digest))
}

async function take(
  plane: ControlPlane,
  partials: LfsPartials,
  { project, principal, asking }: Fetching,
  { digest, size }: PointerFile,
  offer: Offer | undefined,
): Promise<string | undefined> {
  if (offer?.kind !== 'there') return offer?.why ?? 'not there'
  const key = { project, principal, digest }
  return download(offer, { digest, size }, { key, objects: lfsObjects(plane), partials }, asking)
}

function told({ fetched, bytes, missing }: Outcome): string {
  const files = `${fetched} ${fetched === 1 ? 'file' : 'files'} of Git LFS fetched (${formatSize(bytes)})`
  if (missing.size === 0) return files
  const first = [...missing.values()][0]
  return `${files}, ${namesOf([...missing.keys()])} can't be had (${first})`
}

function namesOf(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN).join(', ')
  return paths.length > SHOWN ? `${shown} and ${paths.length - SHOWN} more` : shown
}
