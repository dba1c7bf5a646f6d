import { mkdir, readdir, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, hexOf, replaceFile, systemCode } from '../../core/index.ts'

/** What nobody asked for in so long belongs to a branch or a lock file of the past. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000
/** The folder is looked through this often at most. */
const SWEEP_EVERY_MS = 60 * 60_000

/**
 * Small files by any text as their key, in one folder: `<SHA-256 of the key>.json`. One is replaced by a rename:
 * of writers at the same time the last wins, and a reader sees one of them whole. Its mtime is its last use.
 */
export class KeyedFiles {
  readonly #folder: string
  readonly #maxBytes: number
  #sweptAt = 0

  /** A file larger than `maxBytes` is none. */
  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  async read(key: string): Promise<Buffer | undefined> {
    const path = this.#pathOf(key)
    try {
      if ((await stat(path)).size > this.#maxBytes) return undefined
      const bytes = await readFile(path)
      const now = new Date()
      await utimes(path, now, now)
      return bytes
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined
      throw cause
    }
  }

  /** Throws DISK_FULL, leaving the earlier file. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await replaceFile(this.#pathOf(key), bytes)
    await this.#sweep()
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

  #pathOf(key: string): string {
    return join(this.#folder, `${hexOf(digestOf(key))}.json`)
  }
}
