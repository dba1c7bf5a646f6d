import { type FileHandle, open } from 'node:fs/promises'
import { type Bytes, type Digest, diskFull, type PackId, systemCode } from '../../core/index.ts'
import type { PieceCodec } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { type Chain, findChains } from './chain.ts'
import { corrupt, forObject } from './errors.ts'
import { openPacked } from './open.ts'
import type { DecodeTask, OpenPlace } from './threads/messages.ts'
import type { PieceThreads, Thread } from './threads/pool.ts'
import type { FindChunks, PackStore, Recipe, RecipePiece } from './types.ts'

/** One task of a thread: enough that handing it over does not count. */
const TASK_BYTES = 4 * 1024 * 1024
const TASK_PIECES = 256
/** Pieces whose places are looked up together. */
const LOOK_AHEAD = 512

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
}

/**
 * Writes a whole packed file, decoded in threads while another one hashes what they wrote; the caller gives it its
 * name. Throws PACK_CORRUPT where the whole is not what its digest says, naming the chunk and pack that is to blame,
 * PACK_NOT_FOUND and DISK_FULL.
 */
export async function restore(request: RestoreRequest): Promise<void> {
  const { recipe, path } = request
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

interface Batch {
  readonly task: DecodeTask
  readonly end: Bytes
}

class Restoring {
  readonly #request: RestoreRequest
  readonly #file: FileHandle
  readonly #hasher: Thread
  readonly #packs = new Map<PackId, Promise<FileHandle>>()
  #hashed = false
  readonly #running = new Set<Promise<unknown>>()

  constructor(request: RestoreRequest, file: FileHandle) {
    this.#request = request
    this.#file = file
    this.#hasher = request.threads.borrow()
  }

  /** Gives the SHA-256 of what was written. */
  async run(): Promise<Digest> {
    const { threads, onProgress } = this.#request
    const window: { readonly done: Promise<unknown>; readonly end: Bytes }[] = []
    let hashed = 0
    const settle = async () => {
      const { done, end } = window.shift()!
      await done
      this.#hash(hashed, end)
      hashed = end
      onProgress?.(end)
    }
    for await (const { task, end } of this.#batches()) {
      window.push({ done: this.#track(threads.run(task)), end })
      if (window.length > 2 * threads.count) await settle()
    }
    while (window.length > 0) await settle()
    await Promise.all(this.#running)
    const hex = await this.#hasher.run({
      kind: 'hash',
      fd: this.#file.fd,
      from: hashed,
      to: hashed,
      last: true,
    })
    this.#hashed = true
    return `sha256:${hex}` as Digest
  }

  /** After every task, also of those that run on behind an error: they use numbers of open files. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    if (this.#hashed) this.#request.threads.giveBack(this.#hasher)
    else await this.#hasher.end()
    for (const pack of this.#packs.values())
      await pack.then(
        handle => handle.close(),
        () => undefined,
      )
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

  async *#batches(): AsyncGenerator<Batch, void> {
    const { recipe, find, path } = this.#request
    let start = 0
    for (let index = 0; index < recipe.pieces.length; index += LOOK_AHEAD) {
      const some = recipe.pieces.slice(index, index + LOOK_AHEAD)
      const chains = await findChains(some, find)
      for (const pieces of tasksOf(some)) {
        const open = await Promise.all(
          pieces.map(piece =>
            this.#opened(chains.get(piece.chunk)!).catch(error => this.#again(piece, error)),
          ),
        )
        const to = { fd: this.#file.fd, offset: start, path }
        start += pieces.reduce((sum, { length }) => sum + length, 0)
        yield { task: { kind: 'decode', chains: open, to, check: false }, end: start }
      }
    }
  }

  async #opened(chain: Chain): Promise<readonly OpenPlace[]> {
    return Promise.all(chain.map(async place => ({ ...place, fd: (await this.#pack(place.pack)).fd })))
  }

  /** A collection may have moved it to another pack since it was looked up. */
  async #again(piece: RecipePiece, error: unknown): Promise<readonly OpenPlace[]> {
    if (!(error instanceof RegistryError) || error.code !== 'PACK_NOT_FOUND') throw error
    const chains = await findChains([piece], this.#request.find)
    return this.#opened(chains.get(piece.chunk)!)
  }

  #pack(id: PackId): Promise<FileHandle> {
    const known = this.#packs.get(id)
    if (known) return known
    const opened = openLocal(this.#request.packs, id)
    this.#packs.set(id, opened)
    return opened
  }
}

function* tasksOf(pieces: readonly RecipePiece[]): Generator<readonly RecipePiece[], void> {
  let task: RecipePiece[] = []
  let bytes = 0
  for (const piece of pieces) {
    task.push(piece)
    bytes += piece.length
    if (bytes < TASK_BYTES && task.length < TASK_PIECES) continue
    yield task
    task = []
    bytes = 0
  }
  if (task.length > 0) yield task
}

/** Throws PACK_NOT_FOUND. */
async function openLocal(packs: RestoreRequest['packs'], id: PackId): Promise<FileHandle> {
  try {
    return await open(packs.localPath(id), 'r')
  } catch (error) {
    // `open` of the store says what is wrong with one that is not there.
    if (systemCode(error) === 'ENOENT') await (await packs.open(id)).close()
    throw error
  }
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
