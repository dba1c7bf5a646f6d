import { join } from 'node:path'
import { type Digest, digestOf, inParallel } from '../../../core/index.ts'
import { untilReached } from '../../control/backoff.ts'
import type { AttemptRoutes } from '../../control/control-plane.ts'
import type { FoundToKeep } from '../../workspace/artifacts/keep.ts'
import { hashFile } from '../../workspace/hash-file.ts'
import type { Conclusion } from '../folder.ts'

const UPLOADS_AT_ONCE = 4

/** The content of a folder. */
const NOTHING = { digest: digestOf(new Uint8Array()), size: 0 }

/** Puts files of the workspace as blobs, equal contents once. */
export async function putFiles(
  workspace: string,
  found: readonly FoundToKeep[],
  routes: AttemptRoutes,
  signal: AbortSignal,
): Promise<Conclusion['artifacts']> {
  const kept = new Array<Conclusion['artifacts'][number]>(found.length)
  const put = new Map<Digest, Promise<void>>()
  await inParallel(found, UPLOADS_AT_ONCE, async ({ path, executable, reportOnly, folder }, index) => {
    const file = join(workspace, path)
    const { digest, size } = folder ? NOTHING : await hashFile(file)
    let putting = put.get(digest)
    if (!putting) {
      putting = untilReached(signal, () => routes.putBlob(digest, size, file, signal))
      put.set(digest, putting)
    }
    await putting
    kept[index] = {
      path,
      digest,
      size,
      executable,
      ...(reportOnly && { reportOnly }),
      ...(folder && { folder }),
    }
  })
  return kept
}
