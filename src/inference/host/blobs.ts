import { createHash } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm, stat, unlink, utimes } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { BlobRefWire } from '../../api/index.ts'
import {
  type Digest,
  diskFull,
  hexOf,
  isDigest,
  isInside,
  messageOf,
  randomText,
  systemCode,
} from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { fileNameOf } from './places.ts'

/** Between two chunks of a download; a server that hangs is asked anew. */
const CHUNK_TIMEOUT_MS = 30_000
/** What no wanted replica needs is kept this long: a rollback asks for it again. */
const KEEP_UNUSED_MS = 24 * 3_600_000

export interface BlobCacheOptions {
  readonly serverUrl: string
  readonly token: string
  readonly folder: string
}

/**
 * Model files by content, on this host's disk.
 *
 *   blobs/<hex>             verified bytes, read-only
 *   blobs/.<random>.part    a download under way; removed at the next start when a crash left it
 *   versions/<id>/<name>    hard links to blobs, by the names that the model expects
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
      if (name.endsWith('.part')) await rm(join(this.#blobs, name), { force: true })
    }
  }

  /**
   * The folder that holds a version's files under their names, fetched where they are missing.
   * Throws BLOB_UNAVAILABLE, BLOB_MISMATCH, DISK_FULL.
   */
  async layOut(version: string, files: readonly BlobRefWire[]): Promise<string> {
    const folder = join(this.#versions, fileNameOf(version))
    for (const file of files) {
      const blob = await this.fetch(file)
      const path = join(folder, file.name)
      if (isAbsolute(file.name) || !isInside(folder, path) || path === folder) throw badName(file.name)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await link(blob, path).catch(error => {
        if (systemCode(error) !== 'EEXIST') throw error
      })
    }
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
        if (kept.has(name) || name.endsWith('.part')) continue
        const path = join(folder, name)
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
      const now = new Date()
      await utimes(path, now, now)
      return path
    }
    const part = join(this.#blobs, `.${randomText(12)}.part`)
    try {
      await this.#download(digest, size, part)
      await rename(part, path)
      return path
    } catch (error) {
      await unlink(part).catch(() => undefined)
      if (error instanceof InferenceError) throw error
      throw diskFull(error, path) ?? unavailable(digest, messageOf(error), error)
    }
  }

  /** Hashed while it is written; only whole and right bytes get the blob's name. */
  async #download(digest: Digest, size: number, part: string): Promise<void> {
    const { serverUrl, token } = this.#options
    const abort = new AbortController()
    let timer = setTimeout(() => abort.abort(), CHUNK_TIMEOUT_MS)
    const file = await open(part, 'wx', 0o400)
    try {
      const response = await fetch(`${serverUrl}/api/v1/blobs/${digest}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: abort.signal,
      })
      if (!response.ok || response.body === null) {
        await response.body?.cancel()
        throw unavailable(digest, `the control plane answered ${response.status}`)
      }
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of response.body) {
        clearTimeout(timer)
        timer = setTimeout(() => abort.abort(), CHUNK_TIMEOUT_MS)
        bytes += chunk.byteLength
        if (bytes > size) throw mismatch(digest, size, `more than ${size} bytes`)
        hash.update(chunk)
        await file.writeFile(chunk)
      }
      const found = `sha256:${hash.digest('hex')}`
      if (bytes !== size || found !== digest) throw mismatch(digest, size, `${found} of ${bytes} bytes`)
      await file.sync()
    } finally {
      clearTimeout(timer)
      await file.close()
    }
  }
}

function unavailable(digest: string, reason: string, cause?: unknown): InferenceError {
  return new InferenceError('BLOB_UNAVAILABLE', {
    message: `Could not fetch ${digest}: ${reason}`,
    hint: 'It is tried again; the control plane may be away.',
    cause,
  })
}

function mismatch(digest: string, size: number, found: string): InferenceError {
  return new InferenceError('BLOB_MISMATCH', {
    message: `Expected ${digest} of ${size} bytes, received ${found}`,
    hint: 'The download was discarded and is tried again; check the store of the control plane.',
    details: { digest, size },
  })
}

function badName(name: string): InferenceError {
  return new InferenceError('SPEC_INVALID', {
    message: `A version's file is named '${name}', which is no name inside its folder`,
    hint: 'Register the version anew.',
  })
}
