import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { BlobRefWire } from '../../../api/index.ts'
import {
  BallastError,
  type Digest,
  diskFull,
  hexOf,
  inParallel,
  isDigest,
  isInside,
  messageOf,
  randomText,
  systemCode,
} from '../../../core/index.ts'
import { fileNameOf } from '../places.ts'
import { download, type WantedBlob } from './download.ts'
import { badName, unavailable } from './errors.ts'
import { linkFromNeighbour } from './neighbour.ts'

/** What no wanted replica needs is kept this long: a rollback asks for it again. */
const KEEP_UNUSED_MS = 24 * 3_600_000
/** A model with its external data is a handful; more would only share one line. */
const AT_ONCE = 4
/** A download that a later host can go on with; all other parts are a crash's. */
const RESUMABLE = /^\.[0-9a-f]{64}\.part$/

export interface BlobCacheOptions {
  readonly serverUrl: string
  readonly token: string
  readonly folder: string
}

/**
 * Model files by content, on this host's disk.
 *
 *   blobs/<hex>             verified bytes, read-only; of a control plane on this machine a hard link to its own
 *   blobs/.<hex>.part       a download under way; the next try goes on with it
 *   blobs/.<random>.part    a link that has no name yet; removed at the next start when a crash left it
 *   versions/<id>/<name>    hard links to blobs, by the names that the model expects; of a variant <id>~<digest>/
 */
export class BlobCache {
  readonly #options: BlobCacheOptions
  readonly #fetching = new Map<string, Promise<string>>()

  constructor(options: BlobCacheOptions) {
    this.#options = options
  }

  /** Makes the folders; clears what a crash left behind. */
  async open(): Promise<void> {
    for (const folder of [this.#blobs, this.#versions]) await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#blobs)) {
      if (name.endsWith('.part') && !RESUMABLE.test(name)) await rm(join(this.#blobs, name), { force: true })
    }
  }

  /**
   * The folder that holds a version's files under their names, fetched where they are missing.
   * Throws BLOB_UNAVAILABLE, BLOB_MISMATCH, DISK_FULL.
   */
  async layOut(version: string, files: readonly BlobRefWire[]): Promise<string> {
    const folder = join(this.#versions, fileNameOf(version))
    const paths = files.map(({ name }) => join(folder, name))
    for (const [index, { name }] of files.entries()) {
      const path = paths[index]!
      if (isAbsolute(name) || !isInside(folder, path) || path === folder) throw badName(name)
    }
    await inParallel(files, AT_ONCE, async (file, index) => {
      const blob = await this.fetch(file)
      const path = paths[index]!
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await link(blob, path).catch(error => {
        if (systemCode(error) !== 'EEXIST') throw error
      })
    })
    return folder
  }

  /** Path of a blob; two that ask for the same one wait for the same download. */
  fetch(blob: BlobRefWire): Promise<string> {
    const under = this.#fetching.get(blob.digest)
    if (under !== undefined) return under
    const fetching = this.#fetch(blob).finally(() => this.#fetching.delete(blob.digest))
    this.#fetching.set(blob.digest, fetching)
    return fetching
  }

  /** Removes versions and blobs that nobody wants and nobody used for a day. */
  async collect(wanted: {
    readonly versions: ReadonlySet<string>
    readonly digests: ReadonlySet<string>
  }): Promise<void> {
    const before = Date.now() - KEEP_UNUSED_MS
    const keptBlobs = new Set([...wanted.digests].map(digest => hexOf(digest as Digest)))
    const keptVersions = new Set([...wanted.versions].map(fileNameOf))
    for (const [folder, kept] of [
      [this.#blobs, keptBlobs],
      [this.#versions, keptVersions],
    ] as const) {
      for (const name of await readdir(folder)) {
        const path = join(folder, name)
        if (kept.has(name)) {
          // Its day begins when it is no longer wanted.
          await touch(path)
          continue
        }
        if ((await stat(path)).mtimeMs < before) await rm(path, { recursive: true, force: true })
      }
    }
  }

  get #blobs(): string {
    return join(this.#options.folder, 'blobs')
  }

  get #versions(): string {
    return join(this.#options.folder, 'versions')
  }

  async #fetch({ digest, size }: BlobRefWire): Promise<string> {
    if (!isDigest(digest)) throw badName(digest)
    const path = join(this.#blobs, hexOf(digest))
    const there = await stat(path).catch(() => undefined)
    if (there?.isFile() && there.size === size) {
      await touch(path)
      return path
    }
    const blob = { digest, size }
    try {
      if (await this.#link(blob, path)) return path
      const part = join(this.#blobs, `.${hexOf(digest)}.part`)
      await download(this.#options, blob, part)
      await rename(part, path)
      return path
    } catch (error) {
      if (error instanceof BallastError) throw error
      throw diskFull(error, path) ?? unavailable(digest, messageOf(error), error)
    }
  }

  async #link(blob: WantedBlob, path: string): Promise<boolean> {
    const part = join(this.#blobs, `.${randomText(12)}.part`)
    if (!(await linkFromNeighbour(this.#options, blob, part))) return false
    await rename(part, path)
    await touch(path)
    return true
  }
}

/** It is in use now, however old it is. A link to a file of another user keeps that one's times. */
async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
}
