import type { CacheManifest } from '../../api/index.ts'
import type { ContentStore } from '../store/content-store.ts'
import type { CacheShelf } from './shelf.ts'

/** Where caches are kept and laid. */
export interface CachePlace {
  readonly store: ContentStore
  readonly shelf: CacheShelf
  /** Caches of other runners, where the control plane shares them. */
  readonly remote?: SharedCaches
  /** Keys of different projects are different keys. */
  readonly project: string
  readonly workspace: string
  /** Tells the job's log. */
  readonly say: (line: string) => Promise<void>
}

/** The project's caches at the control plane. */
export interface SharedCaches {
  /** The manifest under a key, its contents in the store; undefined where there is none. */
  fetch(key: string, store: ContentStore): Promise<CacheManifest | undefined>
  /** Puts a manifest under a key, and of its contents what is lacking there. Gives the bytes that were sent. */
  share(key: string, manifest: CacheManifest, store: ContentStore): Promise<number>
}
