import { join } from 'node:path'
import { type Digest, digestOf, inParallel } from '../../../core/index.ts'
import { RunnerError } from '../../errors.ts'
import type { ContentStore } from '../../store/content-store.ts'
import { folderFor, placeFor, type WantedFile } from '../blobs.ts'
import { type FoundToKeep, findKept, type KeepRequest, type Kept } from './keep.ts'

/** Files under way at once: node has four threads for files. */
const AT_ONCE = 8

/** The content of a folder. */
const NOTHING = { digest: digestOf(new Uint8Array()), size: 0 }

export interface CollectedArtifacts extends Omit<Kept, 'files'> {
  readonly files: readonly (WantedFile & FoundToKeep)[]
}

/** Takes what a job keeps into a store. Throws as `findKept` does. */
export async function collectArtifacts(
  request: KeepRequest,
  store: ContentStore,
): Promise<CollectedArtifacts> {
  const { files, reports, notes } = await findKept(request)
  const taken = new Array<CollectedArtifacts['files'][number]>(files.length)
  await inParallel(files, AT_ONCE, async (file, index) => {
    const content = file.folder ? NOTHING : await store.take(join(request.workspace, file.path))
    taken[index] = { ...file, ...content }
  })
  return { files: taken, reports, notes }
}

/**
 * Lays collected files into another workspace, over what is there, never through a link that leads out; files
 * that only a report asked for stay away. Throws INPUT_INVALID where a folder is in a file's way, or a content
 * is gone from the store.
 */
export async function layArtifacts(
  files: CollectedArtifacts['files'],
  store: ContentStore,
  workspace: string,
): Promise<void> {
  for (const { path, digest, size, executable, reportOnly, folder } of files) {
    if (reportOnly) continue
    if (folder) {
      await folderFor(workspace, path)
      continue
    }
    const target = await placeFor(workspace, path)
    const outcome = await store.give({ digest, size }, target, executable ? 0o755 : 0o644)
    if (outcome !== 'given') throw gone(path, digest, outcome)
  }
}

function gone(path: string, digest: Digest, outcome: string): RunnerError {
  return new RunnerError('INPUT_INVALID', {
    message: `${path} (${digest}) is ${outcome} in the store`,
    hint: 'Run the job that makes it again.',
  })
}
