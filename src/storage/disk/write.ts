import { createHash } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { type Digest, diskFull, randomText, syncFolder } from '../../core/index.ts'
import { RegistryError } from '../../registry/errors.ts'
import type { StagedFile, WholeStore } from '../../registry/ports.ts'
import { Behind } from './behind.ts'
import { FileHash } from './hashing/thread.ts'
import type { BlobPaths } from './paths.ts'

export const PART = '.part'

export type PutLimits = NonNullable<Parameters<WholeStore['stage']>[2]>

/**
 * Takes a stream in under its digest:
 *   1. an exclusive file in tmp/, written and hashed chunk by chunk      a crash leaves it to `sweep`
 *   2. digest compared, mode 0444, synced                                the same
 *   3. renamed over whatever has this digest (the same bytes)            a crash leaves either name
 *   4. its folder synced                                                 from here on it survives a power cut
 * This does 1 and 2; `commit` the rest.
 */
export async function receive(
  paths: BlobPaths,
  expected: Digest,
  content: Readable,
  limits: PutLimits,
): Promise<StagedFile> {
  const part = newPart(paths)
  try {
    const handle = await openPart(part, content)
    try {
      const { size, digest } = await copy(content, handle, limits)
      if (digest !== expected) throw mismatch(expected, digest, size)
      await handle.chmod(0o444)
      await handle.sync()
      return staged(paths, part, expected, size)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    content.destroy()
    await unlink(part).catch(() => undefined)
    throw diskFull(cause, part) ?? cause
  }
}

/**
 * An empty file that somebody else writes by its path, and has verified when it commits. It is not synced: whoever
 * relies on it after a power cut syncs it then.
 */
export async function draft(paths: BlobPaths, expected: Digest): Promise<StagedFile> {
  const part = newPart(paths)
  await (await open(part, 'wx', 0o600)).close()
  return {
    ...staged(paths, part, expected, 0),
    async commit() {
      try {
        await chmod(part, 0o444)
        await mkdir(paths.folderOf(expected), { recursive: true, mode: 0o700 })
        await rename(part, paths.pathOf(expected))
      } catch (cause) {
        await unlink(part).catch(() => undefined)
        throw diskFull(cause, part) ?? cause
      }
    },
  }
}

function newPart(paths: BlobPaths): string {
  return join(paths.tmp, `${randomText(20)}${PART}`)
}

function staged(paths: BlobPaths, part: string, digest: Digest, size: number): StagedFile {
  return {
    path: part,
    size,
    seal: () => chmod(part, 0o444),
    async commit() {
      try {
        await place(paths, part, digest)
      } catch (cause) {
        await unlink(part).catch(() => undefined)
        throw diskFull(cause, part) ?? cause
      }
    },
    async abandon() {
      await unlink(part).catch(() => undefined)
    },
  }
}

/** Opening takes a moment, in which the stream may fail: that must find a listener. */
async function openPart(part: string, content: Readable): Promise<FileHandle> {
  let failure: Error | undefined
  const failed = (error: Error) => {
    failure = error
  }
  content.on('error', failed)
  const handle = await open(part, 'wx+', 0o600)
  content.off('error', failed)
  if (failure) {
    await handle.close()
    throw failure
  }
  return handle
}

/** Smaller files are hashed before another thread has heard of them. */
const THREAD_BYTES = 8 << 20

async function copy(
  content: Readable,
  handle: FileHandle,
  { maxBytes = Number.POSITIVE_INFINITY, disposable = false }: PutLimits,
) {
  const hash = createHash('sha256')
  const file = new Behind(handle, disposable)
  let thread: FileHash | undefined
  let size = 0
  try {
    for await (const chunk of content) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
      size += bytes.byteLength
      if (size > maxBytes) throw tooLarge(maxBytes)
      if (thread) thread.reach(file.written)
      else if (size <= THREAD_BYTES) hash.update(bytes)
      else thread = new FileHash(handle.fd)
      await file.write(bytes)
    }
    await file.end()
    const hex = thread ? await thread.end(size) : hash.digest('hex')
    return { size, digest: `sha256:${hex}` as Digest }
  } catch (failure) {
    await file.end().catch(() => undefined)
    await thread?.abandon()
    throw failure
  }
}

async function place(paths: BlobPaths, part: string, digest: Digest): Promise<void> {
  const folder = paths.folderOf(digest)
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  await rename(part, paths.pathOf(digest))
  await syncFolder(folder)
  if (made !== undefined) await syncFolder(dirname(folder))
}

function mismatch(expected: Digest, actual: Digest, size: number): RegistryError {
  return new RegistryError('BLOB_DIGEST_MISMATCH', {
    message: `Expected blob ${expected}, received ${actual} (${size} bytes)`,
    hint: 'Send it again; what was received is discarded.',
    details: { expected, actual, size },
  })
}

function tooLarge(maxBytes: number): RegistryError {
  return new RegistryError('BLOB_TOO_LARGE', {
    message: `The blob is larger than the ${maxBytes} bytes that are allowed`,
    hint: 'Make the file smaller, or ask an admin to raise the limit.',
    details: { maxBytes },
  })
}
