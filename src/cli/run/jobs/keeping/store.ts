import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CacheShelf, CollectedArtifacts, ContentStore } from '../../../../runner/index.ts'

/** What a job kept, for the jobs behind it and for the user. */
export type KeptFiles = CollectedArtifacts['files']

/** What keeps files between jobs, and caches between runs: the runner's own, loaded when a job first needs it. */
export interface Shelves {
  readonly store: ContentStore
  readonly caches: CacheShelf
}

/** Opens them below a folder of this project's, once. */
export function shelvesIn(folder: string): () => Promise<Shelves> {
  let opened: Promise<Shelves> | undefined
  return () => {
    opened ??= open(folder)
    return opened
  }
}

async function open(folder: string): Promise<Shelves> {
  const { CacheShelf, ContentStore } = await import('../../../../runner/index.ts')
  const root = join(folder, 'store')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  return { store: await ContentStore.open(root), caches: new CacheShelf(root) }
}

/** Lays kept files into a folder, over what is there. */
export async function layKept(files: KeptFiles, { store }: Shelves, folder: string): Promise<void> {
  const { layArtifacts } = await import('../../../../runner/index.ts')
  await layArtifacts(files, store, folder)
}
