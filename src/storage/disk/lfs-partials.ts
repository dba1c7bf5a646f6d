import { constants, createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { diskFull, freeBuffer, hexOf, isDigest, type Milliseconds, systemCode } from '../../core/index.ts'
import type { LfsPartials, PartialKey } from '../../git/ports.ts'
import { RegistryError } from '../../registry/errors.ts'
import { sweep } from './sweep.ts'
import { PART } from './write.ts'

const READ_BYTES = 256 * 1024

/**
 * Uploads of Git LFS that were cut off, as files of one folder:
 *
 *   <root>/<project>.<principal>.<hex digits of the digest>.part
 *
 * Their length is how far they came. They are not synced: what a power cut takes or spoils is found out when the
 * whole is compared with its digest, and sent again.
 */
export class DiskLfsPartials implements LfsPartials {
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  static async open(root: string): Promise<DiskLfsPartials> {
    await mkdir(root, { recursive: true, mode: 0o700 })
    return new DiskLfsPartials(root)
  }

  async offset(key: PartialKey): Promise<number> {
    try {
      return (await stat(this.#pathOf(key))).size
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return 0
      throw cause
    }
  }

  async append(key: PartialKey, offset: number, content: Readable, limit: number): Promise<number> {
    const path = this.#pathOf(key)
    try {
      const handle = await openPart(path, content)
      try {
        return await copy(handle, content, { offset, limit })
      } finally {
        await handle.close()
      }
    } catch (cause) {
      content.destroy()
      throw diskFull(cause, path) ?? cause
    }
  }

  async read(key: PartialKey): Promise<Readable> {
    if ((await this.offset(key)) === 0) return Readable.from([])
    return createReadStream(this.#pathOf(key), { highWaterMark: READ_BYTES })
  }

  async remove(key: PartialKey): Promise<void> {
    await unlink(this.#pathOf(key)).catch((cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') throw cause
    })
  }

  /** Removes uploads that nobody went on with for `age`. Gives how many. */
  sweep(age: Milliseconds): Promise<number> {
    return sweep(this.#root, age)
  }

  /** Names become paths: whatever the types say, nothing else may. */
  #pathOf({ project, principal, digest }: PartialKey): string {
    if (![project, principal].every(id => /^[a-z]{3}_[0-9a-z]{1,40}$/.test(id)) || !isDigest(digest))
      throw new TypeError('No name of an upload')
    return join(this.#root, `${project}.${principal}.${hexOf(digest)}${PART}`)
  }
}

/** Opening takes a moment, in which the stream may fail: that must find a listener. */
async function openPart(path: string, content: Readable): Promise<FileHandle> {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  content.once('error', failed.reject)
  const opened = open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  try {
    return await Promise.race([opened, failed.promise])
  } catch (cause) {
    await opened.then(handle => handle.close()).catch(() => undefined)
    throw cause
  } finally {
    content.off('error', failed.reject)
  }
}

async function copy(
  handle: FileHandle,
  content: Readable,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<number> {
  let at = offset
  for await (const chunk of content) {
    const bytes = chunk as Buffer
    if (at + bytes.length > offset + limit) throw tooLong(limit)
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at)
      written += bytesWritten
      at += bytesWritten
    }
    // They are a request's, and nobody else's.
    freeBuffer(bytes)
  }
  return at
}

function tooLong(limit: number): RegistryError {
  return new RegistryError('BLOB_TOO_LARGE', {
    message: `More was sent than the ${limit} bytes that lacked`,
    hint: 'Ask how far the upload came, and send the rest of the same file.',
    details: { limit },
  })
}
