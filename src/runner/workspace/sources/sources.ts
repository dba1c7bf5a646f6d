import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, hexOf, randomText } from '../../../core/index.ts'
import type { Download } from '../../control/http.ts'
import { extract, type SourceListing } from './extract.ts'

/** Kept for the next job of the same commit; more would only fill the disk. */
const MAX_SOURCES = 24
const MAX_BYTES = 8 * 1024 ** 3

export interface SourceName {
  readonly project: string
  readonly commit: string
  /** Absent: without a repository. */
  readonly gitDepth?: number | undefined
}

export interface Source {
  readonly tree: string
  readonly listing: SourceListing
  /** It may be removed from now on. */
  release(): void
}

interface Entry {
  readonly loaded: Promise<SourceListing>
  users: number
  lastUse: number
}

/**
 * Sources of commits, unpacked once and copied into each workspace. `<key>/tree` with `<key>/listing.json`
 * beside it; made under another name and renamed, so that what has its name is whole. The key covers the
 * project too: what one project may read is not served to another from here.
 */
export class SourceCache {
  readonly #folder: string
  readonly #entries = new Map<string, Entry>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes away what a crash left half-made, and finds what is there. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      if (/^[0-9a-f]{64}$/.test(name)) {
        const { mtimeMs } = await stat(path)
        this.#entries.set(name, { loaded: this.#load(name), users: 0, lastUse: mtimeMs })
      } else await rm(path, { recursive: true, force: true })
    }
  }

  /**
   * The source of a commit, fetched by `fetch` when it is not here; with history of a depth it is another source.
   * Calls for the same one share one fetch.
   */
  async use({ project, commit, gitDepth }: SourceName, fetch: () => Promise<Download>): Promise<Source> {
    const history = gitDepth === undefined ? '' : `\n${gitDepth}`
    const key = hexOf(digestOf(`${project}\n${commit}${history}`))
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { loaded: this.#fetch(key, fetch), users: 0, lastUse: 0 }
      this.#entries.set(key, entry)
    }
    const mine = entry
    mine.users++
    mine.lastUse = Date.now()
    const release = (): void => {
      mine.users--
    }
    try {
      const listing = await mine.loaded
      return { tree: join(this.#folder, key, 'tree'), listing, release }
    } catch (error) {
      release()
      if (this.#entries.get(key) === mine) this.#entries.delete(key)
      throw error
    }
  }

  async #load(key: string): Promise<SourceListing> {
    const path = join(this.#folder, key)
    const listing = JSON.parse(await readFile(join(path, 'listing.json'), 'utf8')) as SourceListing
    const now = new Date()
    await utimes(path, now, now)
    return listing
  }

  async #fetch(key: string, fetch: () => Promise<Download>): Promise<SourceListing> {
    const making = join(this.#folder, `.${randomText(10)}`)
    const final = join(this.#folder, key)
    try {
      await mkdir(join(making, 'tree'), { recursive: true })
      const archive = await fetch()
      const listing = await extract(archive, join(making, 'tree')).finally(() => archive.destroy())
      await writeFile(join(making, 'listing.json'), JSON.stringify(listing))
      await rm(final, { recursive: true, force: true })
      await rename(making, final)
      await this.#makeRoom(key, listing.bytes)
      return listing
    } catch (error) {
      await rm(making, { recursive: true, force: true })
      throw error
    }
  }

  /** Drops the sources that were used longest ago and that nobody uses. */
  async #makeRoom(newest: string, newestBytes: number): Promise<void> {
    const byUse = [...this.#entries]
      .filter(([key]) => key !== newest)
      .sort(([, a], [, b]) => b.lastUse - a.lastUse)
    let [count, bytes] = [1, newestBytes]
    for (const [key, entry] of byUse) {
      if (entry.users > 0) continue
      const listing = await entry.loaded.catch(() => undefined)
      count++
      bytes += listing?.bytes ?? 0
      if ((count > MAX_SOURCES || bytes > MAX_BYTES || !listing) && entry.users === 0) {
        this.#entries.delete(key)
        await rm(join(this.#folder, key), { recursive: true, force: true })
      }
    }
  }
}
