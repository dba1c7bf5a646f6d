import { join } from 'node:path'
import { type CacheManifest, MAX_CACHE_MANIFEST_BYTES } from '../../api/index.ts'
import { KeyedFiles } from '../store/keyed-files.ts'
import { manifestBytes, readManifest } from './manifest.ts'

/**
 * Manifests of caches by project and key, in `caches/` beside the contents that they name. Of savers at the same
 * time the last wins; a reader sees one of them whole.
 */
export class CacheShelf {
  readonly #files: KeyedFiles

  /** `root`: the folder of a ContentStore. */
  constructor(root: string) {
    this.#files = new KeyedFiles(join(root, 'caches'), MAX_CACHE_MANIFEST_BYTES)
  }

  /** The manifest under a key. One that is damaged is none. */
  async find(project: string, key: string): Promise<CacheManifest | undefined> {
    const bytes = await this.#files.read(nameOf(project, key))
    return bytes && readManifest(bytes)
  }

  /** Throws DISK_FULL, leaving the earlier one. */
  async save(project: string, key: string, manifest: CacheManifest): Promise<void> {
    await this.#files.write(nameOf(project, key), manifestBytes(manifest))
  }
}

/** Projects have no line's end in their name. */
function nameOf(project: string, key: string): string {
  return `${project}\n${key}`
}
