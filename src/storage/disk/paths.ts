import { join } from 'node:path'
import { type Digest, hexOf, type PackId } from '../../core/index.ts'

/**
 * The tree of the store, whole files and packs:
 *
 *   <root>/
 *   ├── blobs/sha256/
 *   │   ├── 0a/
 *   │   │   └── 3f9c…            the blob sha256:0a3f9c…, whole, verified, read-only (0444), never rewritten
 *   │   └── ff/…                 256 folders at most
 *   ├── packs/
 *   │   └── 7k/
 *   │       └── pak_…7k          a pack under its id (its last two characters, random ones), read-only, never rewritten
 *   ├── quarantine/
 *   │   └── 0a3f9c….<random>     what was found to be something else than its name says; nothing reads it
 *   └── tmp/
 *       └── <random>.part        an upload or a packing under way, made exclusively; after a crash, what is left of it
 *
 * A blob or a pack appears under its name by a rename, after its bytes are synced: at any crash it is there whole or not
 * at all, and the leftovers are in tmp/ only.
 */
export interface BlobPaths {
  readonly blobs: string
  readonly tmp: string
  readonly quarantine: string
  folderOf(digest: Digest): string
  pathOf(digest: Digest): string
}

export interface PackPaths {
  readonly packs: string
  readonly tmp: string
  readonly quarantine: string
  folderOf(id: PackId): string
  pathOf(id: PackId): string
}

export function packPaths(root: string): PackPaths {
  const packs = join(root, 'packs')
  const folderOf = (id: PackId) => join(packs, id.slice(-2))
  return {
    packs,
    tmp: join(root, 'tmp'),
    quarantine: join(root, 'quarantine'),
    folderOf,
    pathOf: id => join(folderOf(id), id),
  }
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
