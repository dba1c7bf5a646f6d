import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { type Digest, messageOf, systemCode } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import { mismatch, unavailable } from './errors.ts'

/** Between two chunks of a download; a server that hangs is asked anew. */
const CHUNK_TIMEOUT_MS = 30_000
/** Answers in turn that brought nothing, before it is given up for now. */
const MAX_VAIN = 3
/** What is hashed again of an earlier part, at a time. */
const READ_BYTES = 1 << 20

export interface Source {
  readonly serverUrl: string
  readonly token: string
}

export interface WantedBlob {
  readonly digest: Digest
  readonly size: number
}

/**
 * Fetches a blob into the file `part`, which is verified, synced and read-only when this returns. It goes on where an
 * earlier try, of an earlier process too, has stopped: what is there is hashed again, and the rest is asked for.
 * Throws BLOB_UNAVAILABLE, keeping what came, and BLOB_MISMATCH, keeping nothing.
 */
export async function download(source: Source, blob: WantedBlob, part: string): Promise<void> {
  const file = await openPart(part)
  const progress = new Progress(file, blob)
  try {
    await progress.resume()
    for (let vain = 0; progress.at < blob.size; ) {
      const before = progress.at
      try {
        await fetchRest(source, progress)
      } catch (error) {
        vain = progress.at > before ? 0 : vain + 1
        if (error instanceof InferenceError || isDiskError(error) || vain === MAX_VAIN) throw error
      }
    }
    progress.verify()
    await file.chmod(0o400)
    await file.sync()
  } catch (error) {
    const isWorthless =
      progress.at === 0 || (error instanceof InferenceError && error.code === 'BLOB_MISMATCH')
    if (isWorthless) await unlink(part).catch(() => undefined)
    if (error instanceof InferenceError || isDiskError(error)) throw error
    throw unavailable(blob.digest, messageOf(error), error)
  } finally {
    await file.close()
  }
}

async function openPart(part: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
  return open(part, flags, 0o600).catch(async error => {
    // Whole, and read-only by then: the crash was a moment before it got its name.
    if (systemCode(error) !== 'EACCES') throw error
    await unlink(part)
    return open(part, flags, 0o600)
  })
}

/** One request, from where it stands to the end or until the connection breaks. */
async function fetchRest({ serverUrl, token }: Source, progress: Progress): Promise<void> {
  const { digest, size } = progress.blob
  const abort = new AbortController()
  const late = () => abort.abort(new Error(`nothing came for ${CHUNK_TIMEOUT_MS / 1000} s`))
  let timer = setTimeout(late, CHUNK_TIMEOUT_MS)
  try {
    const response = await fetch(`${serverUrl}/api/v1/blobs/${digest}`, {
      headers: {
        authorization: `Bearer ${token}`,
        'accept-encoding': 'identity',
        ...(progress.at > 0 && { range: `bytes=${progress.at}-` }),
      },
      signal: abort.signal,
    })
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      throw unavailable(digest, `the control plane answered ${response.status}`)
    }
    // Whoever gives no ranges begins anew.
    if (response.status !== 206) await progress.restart()
    else if (response.headers.get('content-range') !== `bytes ${progress.at}-${size - 1}/${size}`) {
      await response.body.cancel()
      throw unavailable(digest, 'the control plane answered with another range than the one asked for')
    }
    for await (const chunk of response.body) {
      clearTimeout(timer)
      timer = setTimeout(late, CHUNK_TIMEOUT_MS)
      await progress.take(chunk)
    }
    // A body that ends early and in order is the store's word, no broken connection.
    if (progress.at < size) progress.verify()
  } finally {
    clearTimeout(timer)
  }
}

/** A file that grows, and its hash with it. */
class Progress {
  readonly blob: WantedBlob
  readonly #file: FileHandle
  #hash: Hash = createHash('sha256')
  #at = 0

  constructor(file: FileHandle, blob: WantedBlob) {
    this.#file = file
    this.blob = blob
  }

  get at(): number {
    return this.#at
  }

  /** Takes over what lies there. */
  async resume(): Promise<void> {
    const { size } = await this.#file.stat()
    if (size > this.blob.size) return this.restart()
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size))
    while (this.#at < size) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#at)
      if (bytesRead === 0) return this.restart()
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#at += bytesRead
    }
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0)
    this.#hash = createHash('sha256')
    this.#at = 0
  }

  async take(chunk: Uint8Array): Promise<void> {
    const { digest, size } = this.blob
    if (this.#at + chunk.byteLength > size) throw mismatch(digest, size, `more than ${size} bytes`)
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await this.#file.write(chunk, done, chunk.byteLength - done, this.#at + done)
      done += bytesWritten
    }
    this.#hash.update(chunk)
    this.#at += chunk.byteLength
  }

  /** Throws BLOB_MISMATCH unless all of it is here, and right. */
  verify(): void {
    const { digest, size } = this.blob
    const found = `sha256:${this.#hash.copy().digest('hex')}`
    if (this.#at !== size || found !== digest) throw mismatch(digest, size, `${found} of ${this.#at} bytes`)
  }
}

/** What the disk says is not the control plane's fault, and its codes are known further up. */
function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write'
}
