import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
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
import { UNVERIFIED } from '../../replica/index.ts'
import { fileNameOf } from '../places.ts'
import { download, type WantedBlob } from './download.ts'
import { GONE, type LaidEarly, type LaidFile, layOutEarly, withdraw } from './early.ts'
import { badName, unavailable } from './errors.ts'
import { isLoopback, linkFromNeighbour } from './neighbour.ts'

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
 *   versions/.<random>.gone   what was laid out early and is not wanted; removed at the next start
 */
export class BlobCache {
  readonly #options: BlobCacheOptions
  readonly #fetching = new Map<string, Promise<string>>()
  /** Folders of versions whose files are laid out early, until they are verified or gone. */
  readonly #unverified = new Map<string, Promise<void>>()
  /** Digests that were promised early, and were other bytes: they are waited for. */
  readonly #refused = new Set<string>()

  constructor(options: BlobCacheOptions) {
    this.#options = options
  }

  /** Makes the folders; clears what a crash left behind. */
  async open(): Promise<void> {
    for (const folder of [this.#blobs, this.#versions]) await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#blobs)) {
      if (name.endsWith('.part') && !RESUMABLE.test(name)) await rm(join(this.#blobs, name), { force: true })
    }
    for (const name of await readdir(this.#versions)) {
      const files = await readdir(join(this.#versions, name), { recursive: true })
      if (name.endsWith(GONE) || files.some(file => basename(file) === UNVERIFIED))
        await withdraw(join(this.#versions, name))
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
    if (await this.#early(folder, paths, files)) return folder
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
        const found = await stat(path).catch(() => undefined)
        if (found !== undefined && found.mtimeMs < before) await rm(path, { recursive: true, force: true })
      }
    }
  }

  get #blobs(): string {
    return join(this.#options.folder, 'blobs')
  }

  get #versions(): string {
    return join(this.#options.folder, 'versions')
  }

  /** Whether files that are not verified yet lie there: then who uses them waits for that. */
  async #early(folder: string, paths: readonly string[], files: readonly BlobRefWire[]): Promise<boolean> {
    const under = this.#unverified.get(folder)
    if (under !== undefined) {
      // Who comes second may have failed by what the first was given.
      await under
      return false
    }
    const laying = this.#layOutEarly(folder, paths, files)
    const verdict = laying
      .then(early => early?.right)
      .catch(() => undefined)
      .then(right => {
        this.#unverified.delete(folder)
        if (right === false) for (const { digest } of files) this.#refused.add(digest)
      })
    this.#unverified.set(folder, verdict)
    return (await laying) !== undefined
  }

  async #layOutEarly(
    folder: string,
    paths: readonly string[],
    files: readonly BlobRefWire[],
  ): Promise<LaidEarly | undefined> {
    if (!isLoopback(this.#options.serverUrl)) return undefined
    if (files.some(({ digest }) => this.#refused.has(digest))) return undefined
    if ((await stat(folder).catch(() => undefined)) !== undefined) return undefined
    const laid = await Promise.all(files.map((file, index) => this.#laid(file, paths[index]!)))
    if (laid.every(({ isThere }) => isThere)) return undefined
    return layOutEarly(this.#options, folder, laid)
  }

  async #laid({ digest, size }: BlobRefWire, path: string): Promise<LaidFile> {
    if (!isDigest(digest)) throw badName(digest)
    const blob = join(this.#blobs, hexOf(digest))
    const found = await stat(blob).catch(() => undefined)
    return { digest, size, path, blob, isThere: found?.isFile() === true && found.size === size }
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
    if ((await linkFromNeighbour(this.#options, blob, part)) === undefined) return false
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
