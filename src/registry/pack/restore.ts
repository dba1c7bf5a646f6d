import { type FileHandle, open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Bytes, CoreError, type Digest, diskFull, formatSize } from '../../core/index.ts'
import type { PieceCodec } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { corrupt, forObject } from './errors.ts'
import { LocalPacks } from './local-packs.ts'
import { openPacked } from './open.ts'
import type { PieceThreads, Thread } from './threads/pool.ts'
import type { FindChunks, PackStore, Recipe } from './types.ts'

/** One task of a thread: enough that handing it over does not count. */
const TASK_BYTES = 4 * 1024 * 1024

export interface RestoreRequest {
  readonly recipe: Recipe
  readonly find: FindChunks
  readonly packs: Pick<PackStore, 'open' | 'localPath'>
  readonly codec: PieceCodec
  readonly threads: PieceThreads
  /** Written over: a draft that has no other reader. What is left of it after an error is worth nothing. */
  readonly path: string
  /** Whether it must survive a power cut: bytes that can be restored again need not. Default: false. */
  readonly sync?: boolean
  readonly onProgress?: (written: Bytes) => void
  /** Told when all bytes are there and nothing has compared them yet: then they are hashed afterwards. */
  readonly onWritten?: (() => Promise<void>) | undefined
}

/**
 * Writes a whole packed file, decoded in threads while another one hashes what they wrote; the caller gives it its
 * name. Throws PACK_CORRUPT where the whole is not what its digest says, naming the chunk and pack that is to blame,
 * PACK_NOT_FOUND and DISK_FULL.
 */
export async function restore(request: RestoreRequest): Promise<void> {
  const { recipe, path } = request
  await checkRoom(path, recipe.size)
  const file = await open(path, 'w+', 0o600)
  const restoring = new Restoring(request, file)
  try {
    const digest = await restoring.run()
    if (digest !== recipe.digest) throw await blame(request, digest)
    if (request.sync) await file.sync()
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'PIECE_CORRUPT')
      throw await blame(request, undefined)
    throw diskFull(error, path) ?? forObject(error, recipe.digest)
  } finally {
    await restoring.close()
    await file.close()
  }
}

class Restoring {
  readonly #request: RestoreRequest
  readonly #file: FileHandle
  readonly #hasher: Thread
  readonly #packs: LocalPacks
  #hashed = false
  readonly #running = new Set<Promise<unknown>>()

  constructor(request: RestoreRequest, file: FileHandle) {
    this.#request = request
    this.#file = file
    this.#packs = new LocalPacks(request.packs, request.find)
    this.#hasher = request.threads.borrow()
  }

  /** Gives the SHA-256 of what was written. */
  async run(): Promise<Digest> {
    const { recipe, path, threads, onProgress, onWritten } = this.#request
    const window: { readonly done: Promise<unknown>; readonly end: Bytes }[] = []
    let hashed = 0
    const settle = async () => {
      const { done, end } = window.shift()!
      await done
      if (onWritten === undefined) {
        this.#hash(hashed, end)
        hashed = end
      }
      onProgress?.(end)
    }
    let offset = 0
    for await (const { chains, length } of this.#packs.runs(recipe.pieces, TASK_BYTES)) {
      const to = { fd: this.#file.fd, offset, path }
      offset += length
      const done = this.#track(threads.run({ kind: 'decode', chains, to, check: false }))
      window.push({ done, end: offset })
      if (window.length > 2 * threads.count) await settle()
    }
    while (window.length > 0) await settle()
    await Promise.all(this.#running)
    await onWritten?.()
    const { fd } = this.#file
    const hex = await this.#hasher.run({ kind: 'hash', fd, from: hashed, to: offset, last: true })
    this.#hashed = true
    return `sha256:${hex}` as Digest
  }

  /** After every task, also of those that run on behind an error: they use numbers of open files. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    if (this.#hashed) this.#request.threads.giveBack(this.#hasher)
    else await this.#hasher.end()
    await this.#packs.close()
  }

  /** In the order of the calls, while pieces behind are decoded. */
  #hash(from: Bytes, to: Bytes): void {
    void this.#track(this.#hasher.run({ kind: 'hash', fd: this.#file.fd, from, to, last: false }))
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    const forget = () => this.#running.delete(work)
    work.then(forget, () => undefined)
    return work
  }
}

/** A disk that is full midway is full for everybody else too. */
async function checkRoom(path: string, size: Bytes): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path))
  if (size <= bavail * bsize) return
  throw new CoreError('DISK_FULL', {
    message: `${path} takes ${formatSize(size)}, and ${formatSize(bavail * bsize)} are free there`,
    hint: 'Free some space on that disk and try again; nothing was written.',
  })
}

/** Which chunk it was: reads again, with every piece compared. */
async function blame(request: RestoreRequest, actual: Digest | undefined): Promise<unknown> {
  const { recipe } = request
  const source = openPacked(request)
  try {
    for await (const _ of source.stream());
  } catch (error) {
    return error
  } finally {
    await source.close()
  }
  const found = actual === undefined ? 'pieces that do not decode' : actual
  return forObject(
    corrupt('of its recipe', `its pieces are sound, and together they are ${found}`),
    recipe.digest,
  )
}
