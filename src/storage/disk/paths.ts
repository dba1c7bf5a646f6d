import { join } from 'node:path'
import { type Digest, hexOf } from '../../core/index.ts'

/**
 * The tree of a blob store:
 *
 *   <root>/
 *   ├── blobs/sha256/
 *   │   ├── 0a/
 *   │   │   └── 3f9c…            the blob sha256:0a3f9c…, whole, verified, read-only (0444), never rewritten
 *   │   └── ff/…                 256 folders at most
 *   ├── quarantine/
 *   │   └── 0a3f9c….<random>     what was found to be something else than its name says; nothing reads it
 *   └── tmp/
 *       └── <random>.part        an upload under way, made exclusively; after a crash, what is left of it
 *
 * A blob appears under its name by a rename, after its bytes are synced: at any crash it is there whole or not
 * at all, and the leftovers are in tmp/ only.
 */
export interface BlobPaths {
  readonly blobs: string
  readonly tmp: string
  readonly quarantine: string
  folderOf(digest: Digest): string
  pathOf(digest: Digest): string
}

export function blobPaths(root: string): BlobPaths {
  const blobs = join(root, 'blobs', 'sha256')
  const folderOf = (digest: Digest) => join(blobs, hexOf(digest).slice(0, 2))
  return {
    blobs,
    tmp: join(root, 'tmp'),
    quarantine: join(root, 'quarantine'),
    folderOf,
    pathOf: digest => join(folderOf(digest), hexOf(digest).slice(2)),
  }
}
