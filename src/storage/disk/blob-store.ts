import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type ByteSource,
  CoreError,
  type Digest,
  digestOfFile,
  hexOf,
  isDigest,
  type Milliseconds,
  openFile,
  randomText,
  syncFolder,
  systemCode,
} from '../../core/index.ts'
import { RegistryError } from '../../registry/errors.ts'
import type { StagedFile, WholeStore } from '../../registry/ports.ts'
import { type BlobPaths, blobPaths } from './paths.ts'
import { sweep } from './sweep.ts'
import { draft, type PutLimits, receive } from './write.ts'

const CHUNK = 256 * 1024

/** Blobs as files of one folder: see paths.ts for the tree and what a crash leaves. */
export class DiskBlobStore implements WholeStore {
  readonly #paths: BlobPaths

  private constructor(paths: BlobPaths) {
    this.#paths = paths
  }

  static async open(root: string): Promise<DiskBlobStore> {
    const paths = blobPaths(root)
    for (const folder of [paths.blobs, paths.tmp]) await mkdir(folder, { recursive: true, mode: 0o700 })
    return new DiskBlobStore(paths)
  }

  async put(expected: Digest, content: Readable, limits: PutLimits = {}): Promise<{ readonly size: number }> {
    const file = await this.stage(expected, content, limits)
    await file.commit()
    return { size: file.size }
  }

  async stage(expected: Digest, content: Readable, limits: PutLimits = {}): Promise<StagedFile> {
    checkDigest(expected)
    return receive(this.#paths, expected, content, limits)
  }

  async draft(expected: Digest): Promise<StagedFile> {
    checkDigest(expected)
    return draft(this.#paths, expected)
  }

  async sync(digest: Digest): Promise<void> {
    await this.#size(digest)
    await syncFolder(this.#paths.pathOf(digest))
    await syncFolder(this.#paths.folderOf(digest))
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.sizeOf(digest)) !== undefined
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return isDigest(digest) ? sizeOf(this.#paths.pathOf(digest)) : undefined
  }

  async open(digest: Digest): Promise<ByteSource> {
    await this.#size(digest)
    return { ...(await openFile(this.#paths.pathOf(digest))), name: digest }
  }

  /** `range`: bytes [start, end), both within the blob, else RANGE_OUT_OF_BOUNDS. */
  async stream(digest: Digest, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const size = await this.#size(digest)
    const { start, end } = range ?? { start: 0, end: size }
    checkRange(digest, size, start, end)
    const path = this.#paths.pathOf(digest)
    // `end` of a read stream is its last byte, which an empty range does not have.
    if (start === end) return Readable.from([])
    return createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK })
  }

  localPath(digest: Digest): string | undefined {
    return isDigest(digest) ? this.#paths.pathOf(digest) : undefined
  }

  /** Reads a blob again and compares: a disk forgets. Throws BLOB_NOT_FOUND, BLOB_DIGEST_MISMATCH. */
  async verify(digest: Digest): Promise<void> {
    const size = await this.#size(digest)
    const actual = await digestOfFile(this.#paths.pathOf(digest))
    if (actual !== digest) {
      throw new RegistryError('BLOB_DIGEST_MISMATCH', {
        message: `The stored blob ${digest} has changed: its ${size} bytes are now ${actual}`,
        hint: 'The disk or somebody else altered it: restore this file from a backup.',
        details: { expected: digest, actual, size },
      })
    }
  }

  async remove(digest: Digest): Promise<void> {
    checkDigest(digest)
    await unlink(this.#paths.pathOf(digest)).catch(absentIsFine)
    await syncFolder(this.#paths.folderOf(digest)).catch(absentIsFine)
  }

  async quarantine(digest: Digest): Promise<string> {
    checkDigest(digest)
    await mkdir(this.#paths.quarantine, { recursive: true, mode: 0o700 })
    const there = join(this.#paths.quarantine, `${hexOf(digest)}.${randomText(6)}`)
    await rename(this.#paths.pathOf(digest), there)
    await syncFolder(this.#paths.quarantine)
    await syncFolder(this.#paths.folderOf(digest))
    return there
  }

  /** By digest, a folder at a time. What has another name than a blob's is not ours. */
  async *list(): AsyncGenerator<{
    readonly digest: Digest
    readonly size: number
    readonly modifiedAt: number
  }> {
    for (const folder of (await readdir(this.#paths.blobs)).sort()) {
      for (const name of (await readdir(join(this.#paths.blobs, folder)).catch(() => [])).sort()) {
        const digest = `sha256:${folder}${name}`
        if (!isDigest(digest)) continue
        const found = await stat(this.#paths.pathOf(digest)).catch(absentIsFine)
        if (found?.isFile()) yield { digest, size: found.size, modifiedAt: found.mtimeMs }
      }
    }
  }

  /** Removes what crashed uploads left, when it is older than `age`. Gives how many files. */
  sweep(age: Milliseconds): Promise<number> {
    return sweep(this.#paths.tmp, age)
  }

  async #size(digest: Digest): Promise<number> {
    const size = await this.sizeOf(digest)
    if (size === undefined) {
      throw new RegistryError('BLOB_NOT_FOUND', {
        message: `There is no blob ${String(digest).slice(0, 100)} in the store`,
        hint: 'Push the commit again; what is missing is uploaded then.',
        details: { digest },
      })
    }
    return size
  }
}

function absentIsFine(cause: unknown): undefined {
  if (systemCode(cause) !== 'ENOENT') throw cause
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** A digest becomes a path: whatever the type says, nothing else may. */
function checkDigest(digest: string): void {
  if (isDigest(digest)) return
  throw new RegistryError('BLOB_DIGEST_MISMATCH', {
    message: `'${digest.slice(0, 100)}' is not a digest`,
    hint: 'A digest is `sha256:` and 64 lower-case hex digits.',
  })
}

function checkRange(digest: Digest, size: number, start: number, end: number): void {
  const sane = Number.isSafeInteger(start) && Number.isSafeInteger(end)
  if (sane && start >= 0 && start <= end && end <= size) return
  throw new CoreError('RANGE_OUT_OF_BOUNDS', {
    message: `${digest} has ${size} bytes; the range from ${start} to ${end} is not in it`,
    hint: 'Ask for a range within its size.',
    details: { size, start, end },
  })
}
