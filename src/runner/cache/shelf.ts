import { mkdir, readdir, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type CacheManifest, MAX_CACHE_MANIFEST_BYTES } from '../../api/index.ts'
import { digestOf, hexOf, replaceFile, systemCode } from '../../core/index.ts'
import { manifestBytes, readManifest } from './manifest.ts'

/** A cache that nobody asked for in so long belongs to a branch or a lock file of the past. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000
/** Manifests are looked through this often at most. */
const SWEEP_EVERY_MS = 60 * 60_000

/**
 * Manifests of caches by project and key, beside the contents that they name:
 *
 *   <root>/caches/<SHA-256 of project and key>.json
 *
 * One is replaced by a rename: of savers at the same time the last wins, and a reader sees one of them whole.
 */
export class CacheShelf {
  readonly #folder: string
  #sweptAt = 0

  /** `root`: the folder of a ContentStore. */
  constructor(root: string) {
    this.#folder = join(root, 'caches')
  }

  /** The manifest under the first of the keys that has one. One that is damaged is none. */
  async find(
    project: string,
    keys: readonly string[],
  ): Promise<{ readonly key: string; readonly manifest: CacheManifest } | undefined> {
    for (const key of keys) {
      const manifest = await this.#read(this.#pathOf(project, key))
      if (manifest) return { key, manifest }
    }
    return undefined
  }

  /** Throws DISK_FULL, leaving the earlier one. */
  async save(project: string, key: string, manifest: CacheManifest): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await replaceFile(this.#pathOf(project, key), manifestBytes(manifest))
    await this.#sweep()
  }

  async #read(path: string): Promise<CacheManifest | undefined> {
    try {
      if ((await stat(path)).size > MAX_CACHE_MANIFEST_BYTES) return undefined
      const manifest = readManifest(await readFile(path))
      const now = new Date()
      await utimes(path, now, now)
      return manifest
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw cause
    }
  }

  async #sweep(): Promise<void> {
    const now = Date.now()
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return
    this.#sweptAt = now
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found && found.mtimeMs < now - MAX_AGE_MS) await unlink(path).catch(() => undefined)
    }
  }

  #pathOf(project: string, key: string): string {
    return join(this.#folder, `${hexOf(digestOf(`${project}\n${key}`))}.json`)
  }
}
