import type { ProjectId } from '../../../core/index.ts'
import { type PointerFile, pointerFiles } from '../../../git/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'

type Plane = Pick<ControlPlane, 'settings' | 'stores' | 'blobs'>

/** Commits whose pointers are remembered: jobs of one pipeline ask for the same, one after the other. */
const MAX_REMEMBERED = 64
/** So many digests are asked for at once. */
const PAGE = 500

const remembered = new WeakMap<object, Map<string, Promise<readonly PointerFile[]>>>()

/** The files of a pipeline's commit that Git LFS keeps. What a commit holds never changes: it is read once. */
export function pointersOf(plane: Plane, { project, commit }: Pipeline): Promise<readonly PointerFile[]> {
  const known = remembered.get(plane.stores) ?? new Map<string, Promise<readonly PointerFile[]>>()
  remembered.set(plane.stores, known)
  const key = `${project} ${commit}`
  const found = known.get(key)
  if (found !== undefined) return found
  const reading = pointerFiles(repositoryDirectory(plane.settings, project), commit)
  known.set(key, reading)
  reading.catch(() => known.delete(key))
  const [oldest] = known.keys()
  if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest)
  return reading
}

/** Which of a commit's pointers a job gets the bytes of; `missing`: those that the project never received. */
export async function givenPointers(
  plane: Plane,
  pipeline: Pipeline,
): Promise<{ readonly files: readonly PointerFile[]; readonly missing: readonly PointerFile[] }> {
  const pointers = await pointersOf(plane, pipeline)
  const given = new Set<string>()
  for (let from = 0; from < pointers.length; from += PAGE) {
    const page = pointers.slice(from, from + PAGE)
    for (const digest of await receivedOf(plane, pipeline.project, page)) given.add(digest)
  }
  return {
    files: pointers.filter(({ digest }) => given.has(digest)),
    missing: pointers.filter(({ digest }) => !given.has(digest)),
  }
}

/** Whether a commit names this object and its project received the bytes: to know a digest grants nothing. */
export async function isGivenPointer(plane: Plane, pipeline: Pipeline, digest: string): Promise<boolean> {
  const pointer = (await pointersOf(plane, pipeline)).find(file => file.digest === digest)
  return pointer !== undefined && (await receivedOf(plane, pipeline.project, [pointer])).length > 0
}

async function receivedOf(
  { stores, blobs }: Plane,
  project: ProjectId,
  pointers: readonly PointerFile[],
): Promise<readonly string[]> {
  const granted = await stores.lfs.granted(project, [...new Set(pointers.map(({ digest }) => digest))])
  const found: string[] = []
  for (const [digest, size] of granted) {
    const isSame = pointers.some(pointer => pointer.digest === digest && pointer.size === size)
    if (isSame && (await blobs.has(digest))) found.push(digest)
  }
  return found
}
