import { statfs } from 'node:fs/promises'
import { type Bytes, CoreError, type Digest, type ProjectId } from '../../../core/index.ts'
import type { LfsObjects } from '../../../git/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** What is left for the database, the logs and the repositories. */
const SPARE_BYTES: Bytes = 256 << 20

/** The store, through what each project's repository was granted. */
export function lfsObjects(plane: ControlPlane): LfsObjects {
  const { settings, stores, blobs, clock } = plane
  return {
    received: (project, digests) => receivedObjects(plane, project, digests),
    rely: (project, digest) => blobs.hold(project, digest),
    async allow(project, bytes) {
      await blobs.allow(project, bytes)
      const { bavail, bsize } = await statfs(settings.dataDir)
      if (bavail * bsize < bytes + SPARE_BYTES) throw full(bytes)
    },
    async receive(project, by, { digest, size }, content) {
      const received = await blobs.put(digest, content, { maxBytes: size, size, project, disposable: true })
      if (received.size === size)
        await stores.lfs.grant({ project, principal: by, digest, size, grantedAt: clock.now() })
      return received
    },
    read: (digest, range) => blobs.stream(digest, range),
  }
}

/** Of these, what the project was granted and the store has still, with sizes. */
export async function receivedObjects(
  { stores, blobs }: Pick<ControlPlane, 'stores' | 'blobs'>,
  project: ProjectId,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, Bytes>> {
  const granted = [...(await stores.lfs.granted(project, digests))]
  const there = await Promise.all(granted.map(([digest]) => blobs.has(digest)))
  return new Map(granted.filter((_, place) => there[place]))
}

function full(bytes: Bytes): CoreError {
  return new CoreError('DISK_FULL', {
    message: `There is no room for ${bytes} bytes more on the server`,
    hint: 'Ask whoever runs it to free some; `ballast registry gc` removes what nobody needs',
  })
}
