import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import type { Digest } from './digest.ts'
import { systemCode } from './errors.ts'

/** Between two chunks; a server that hangs is asked anew. */
const CHUNK_TIMEOUT_MS = 30_000
/** Answers in turn that brought nothing, before it is given up for now. */
const MAX_VAIN = 3
/** What is hashed again of an earlier part, at a time. */
const READ_BYTES = 1 << 20

interface ExpectedBytes {
  readonly digest: Digest
  readonly size: number
}

/** Why a download did not come to its end; `found`: what came in place of the right bytes. */
export class DownloadFailure extends Error {
  readonly kind: 'mismatch' | 'refused'
  /** Of an answer that is a refusal. */
  readonly status: number | undefined

  constructor(kind: DownloadFailure['kind'], message: string, status?: number) {
    super(message)
    this.kind = kind
    this.status = status
  }
}

interface DownloadOptions {
  /** Sends the request, with these headers beside its own: a `range` where part of the bytes is there. */
  readonly request: (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>
  /** Bytes that came or were there; negative where some had to be thrown away. */
  readonly onBytes?: (count: number) => void
  readonly signal?: AbortSignal
}

/**
 * Downloads into the file `part`, which is verified, synced and read-only (0444) when this returns. Goes on where an
 * earlier try, of an earlier process too, has stopped: what is there is hashed again, and the rest is asked for. One
 * at a time for each `part`. Throws DownloadFailure `mismatch`, keeping nothing, `refused` by a status, or what broke
 * the connection or the disk, keeping what came.
 */
export async function downloadTo(
  part: string,
  expected: ExpectedBytes,
  options: DownloadOptions,
): Promise<void> {
  const file = await openPart(part)
  const progress = new Progress(file, expected, options.onBytes ?? (() => {}))
  try {
    await progress.resume()
    for (let vain = 0; progress.at < expected.size; ) {
      const before = progress.at
      try {
        await fetchRest(progress, options)
      } catch (error) {
        vain = progress.at > before ? 0 : vain + 1
        const isFinal = error instanceof DownloadFailure || isWriteError(error) || options.signal?.aborted
        if (isFinal || vain === MAX_VAIN) throw error
      }
    }
    progress.verify()
    await file.chmod(0o444)
    await file.sync()
  } catch (error) {
    const isWorthless = progress.at === 0 || (error instanceof DownloadFailure && error.kind === 'mismatch')
    if (isWorthless) {
      await progress.restart()
      await unlink(part).catch(() => undefined)
    }
    throw error
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
async function fetchRest(progress: Progress, { request, signal }: DownloadOptions): Promise<void> {
  const { size } = progress.expected
  const abort = new AbortController()
  const late = () => abort.abort(new Error(`nothing came for ${CHUNK_TIMEOUT_MS / 1000} s`))
  let timer = setTimeout(late, CHUNK_TIMEOUT_MS)
  try {
    const range = progress.at > 0 ? { range: `bytes=${progress.at}-` } : {}
    const signals = signal ? AbortSignal.any([abort.signal, signal]) : abort.signal
    const response = await request({ 'accept-encoding': 'identity', ...range }, signals)
    await checkAnswer(response, progress)
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer)
      timer = setTimeout(late, CHUNK_TIMEOUT_MS)
      await progress.take(chunk)
    }
    // A body that ends early and in order is the sender's word, no broken connection.
    if (progress.at < size) progress.verify()
  } finally {
    clearTimeout(timer)
  }
}

async function checkAnswer(response: Response, progress: Progress): Promise<void> {
  const { size } = progress.expected
  const wanted = `bytes ${progress.at}-${size - 1}/${size}`
  const isRest = response.status === 206 && response.headers.get('content-range') === wanted
  if (isRest) return
  if (response.status === 200) {
    // Whoever gives no ranges begins anew.
    await progress.restart()
    return
  }
  await response.body?.cancel()
  const { status } = response
  throw new DownloadFailure(
    'refused',
    `answered ${status}${status === 206 ? ' with another range' : ''}`,
    status,
  )
}

/** A file that grows, and its hash with it. */
class Progress {
  readonly expected: ExpectedBytes
  readonly #file: FileHandle
  readonly #onBytes: (count: number) => void
  #hash: Hash = createHash('sha256')
  #at = 0

  constructor(file: FileHandle, expected: ExpectedBytes, onBytes: (count: number) => void) {
    this.#file = file
    this.expected = expected
    this.#onBytes = onBytes
  }

  get at(): number {
    return this.#at
  }

  /** Takes over what lies there. */
  async resume(): Promise<void> {
    const { size } = await this.#file.stat()
    if (size > this.expected.size) return this.restart()
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size))
    while (this.#at < size) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#at)
      if (bytesRead === 0) return this.restart()
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#moved(bytesRead)
    }
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0)
    this.#hash = createHash('sha256')
    this.#moved(-this.#at)
  }

  async take(chunk: Uint8Array): Promise<void> {
    const { size } = this.expected
    if (this.#at + chunk.byteLength > size) throw this.#mismatch(`more than ${size} bytes`)
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await this.#file.write(chunk, done, chunk.byteLength - done, this.#at + done)
      done += bytesWritten
    }
    this.#hash.update(chunk)
    this.#moved(chunk.byteLength)
  }

  /** Throws `mismatch` unless all of it is here, and right. */
  verify(): void {
    const { digest, size } = this.expected
    const found = `sha256:${this.#hash.copy().digest('hex')}`
    if (this.#at !== size || found !== digest) throw this.#mismatch(`${found} of ${this.#at} bytes`)
  }

  #moved(count: number): void {
    this.#at += count
    this.#onBytes(count)
  }

  #mismatch(found: string): DownloadFailure {
    return new DownloadFailure('mismatch', found)
  }
}

/** The disk's fault, not the sender's: no further try helps. */
function isWriteError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write'
}
