import { type FileHandle, open } from 'node:fs/promises'
import { type Bytes, type PackId, systemCode } from '../../core/index.ts'
import { RegistryError } from '../errors.ts'
import { type Chain, findChains } from './chain.ts'
import type { OpenPlace } from './threads/messages.ts'
import type { FindChunks, PackStore, RecipePiece } from './types.ts'

/** Pieces whose places are looked up together. */
const LOOK_AHEAD = 512
/** Small pieces of one task, which are as many answers. */
const TASK_PIECES = 256

/** Pieces that one thread takes at a time. */
export interface Run {
  readonly chains: readonly (readonly OpenPlace[])[]
  readonly length: Bytes
}

/** Packs as open files, for threads. They stay open until `close`, which waits for no thread. */
export class LocalPacks {
  readonly #packs: Pick<PackStore, 'open' | 'localPath'>
  readonly #find: FindChunks
  readonly #open = new Map<PackId, Promise<FileHandle>>()

  constructor(packs: Pick<PackStore, 'open' | 'localPath'>, find: FindChunks) {
    this.#packs = packs
    this.#find = find
  }

  /** All of `pieces` in order, `bytes` or a little more in each run. Throws PACK_CORRUPT, PACK_NOT_FOUND. */
  async *runs(pieces: readonly RecipePiece[], bytes: Bytes): AsyncGenerator<Run, void> {
    for (let index = 0; index < pieces.length; index += LOOK_AHEAD) {
      const some = pieces.slice(index, index + LOOK_AHEAD)
      const chains = await findChains(some, this.#find)
      for (const run of runsOf(some, bytes)) {
        const open = run.map(piece => this.#opened(piece, chains.get(piece.chunk)!))
        yield { chains: await Promise.all(open), length: lengthOf(run) }
      }
    }
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    for (const opened of await Promise.allSettled(all))
      if (opened.status === 'fulfilled') await opened.value.close()
  }

  async #opened(piece: RecipePiece, chain: Chain): Promise<readonly OpenPlace[]> {
    try {
      return await this.#all(chain)
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'PACK_NOT_FOUND') throw error
      // A collection may have moved it to another pack since it was looked up.
      const again = await findChains([piece], this.#find)
      return this.#all(again.get(piece.chunk)!)
    }
  }

  #all(chain: Chain): Promise<readonly OpenPlace[]> {
    return Promise.all(chain.map(async place => ({ ...place, fd: (await this.#pack(place.pack)).fd })))
  }

  #pack(id: PackId): Promise<FileHandle> {
    const known = this.#open.get(id)
    if (known) return known
    const opened = this.#openOne(id)
    this.#open.set(id, opened)
    return opened
  }

  async #openOne(id: PackId): Promise<FileHandle> {
    try {
      return await open(this.#packs.localPath(id), 'r')
    } catch (error) {
      // `open` of the store says what is wrong with one that is not there.
      if (systemCode(error) === 'ENOENT') await (await this.#packs.open(id)).close()
      throw error
    }
  }
}

function* runsOf(pieces: readonly RecipePiece[], most: Bytes): Generator<readonly RecipePiece[], void> {
  let run: RecipePiece[] = []
  let bytes = 0
  for (const piece of pieces) {
    run.push(piece)
    bytes += piece.length
    if (bytes < most && run.length < TASK_PIECES) continue
    yield run
    run = []
    bytes = 0
  }
  if (run.length > 0) yield run
}

function lengthOf(pieces: readonly RecipePiece[]): Bytes {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}
