import { Readable } from 'node:stream'
import { type ByteSource, type Bytes, CoreError, type Digest } from '../../core/index.ts'
import type { PieceCodec } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { type Chain, decodeChunk, findChains } from './chain.ts'
import { corrupt, forObject } from './errors.ts'
import { OpenPacks } from './open-packs.ts'
import { Starts } from './starts.ts'
import { decodeAhead, type StreamThreads } from './stream.ts'
import type { ChunkPlace, FindChunks, PackStore, Recipe, RecipePiece } from './types.ts'

/** Decoded pieces that are kept: who reads a file in small steps decodes each piece once. */
const CACHED_BYTES = 8 * 1024 * 1024
/** Pieces whose places are looked up together by a stream. */
const LOOK_AHEAD = 64
/** Shorter streams are done before a thread would begin. */
const THREADED_BYTES = 4 * 1024 * 1024

export interface PackedOptions {
  readonly recipe: Recipe
  readonly find: FindChunks
  readonly packs: Pick<PackStore, 'open'>
  readonly codec: PieceCodec
  /** For long streams: who answers others meanwhile has their pieces decoded there. */
  readonly ahead?: StreamThreads
}

/** A packed file: read by ranges or as a stream, without what lies outside of them. */
export interface PackedSource extends ByteSource {
  /** Bytes [start, end), all of them without. */
  stream(range?: { readonly start: Bytes; readonly end: Bytes }): Readable
}

/**
 * Every piece is compared with its digest before any of its bytes are given out. Reading throws PACK_CORRUPT, naming
 * object, chunk and pack, PACK_NOT_FOUND, and RANGE_OUT_OF_BOUNDS as all sources do.
 */
export function openPacked(options: PackedOptions): PackedSource {
  return new Packed(options)
}

class Packed implements PackedSource {
  readonly name: string
  readonly size: Bytes
  readonly #options: PackedOptions
  readonly #starts: Starts
  readonly #packs: OpenPacks
  readonly #cache = new PieceCache()

  constructor(options: PackedOptions) {
    this.#options = options
    this.name = options.recipe.digest
    this.size = options.recipe.size
    this.#starts = new Starts(options.recipe.pieces)
    this.#packs = new OpenPacks(options.packs)
  }

  async read(offset: Bytes, length: Bytes): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#within(offset, length) ? length : 0)
    await this.readInto(offset, bytes)
    return bytes
  }

  async readInto(offset: Bytes, target: Uint8Array): Promise<void> {
    this.#within(offset, target.byteLength)
    let filled = 0
    for await (const bytes of this.#range(offset, offset + target.byteLength)) {
      target.set(bytes, filled)
      filled += bytes.byteLength
    }
  }

  stream(range: { readonly start: Bytes; readonly end: Bytes } = { start: 0, end: this.size }): Readable {
    const { start, end } = range
    this.#within(start, end - start)
    // Views of the cache are given, which nobody writes to.
    return Readable.from(this.#streamed(start, end), { objectMode: false, highWaterMark: 1 })
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#packs.close()
  }

  async *#streamed(start: Bytes, end: Bytes): AsyncGenerator<Uint8Array, void> {
    const { ahead, recipe, find } = this.#options
    if (ahead === undefined || end - start < THREADED_BYTES) yield* this.#range(start, end)
    else
      try {
        yield* decodeAhead({ ...ahead, recipe, find }, this.#starts, start, end)
      } catch (error) {
        throw forObject(error, recipe.digest)
      }
  }

  async *#range(start: Bytes, end: Bytes): AsyncGenerator<Uint8Array, void> {
    if (start === end) return
    const { pieces } = this.#options.recipe
    const last = this.#starts.holding(end - 1)
    for (let index = this.#starts.holding(start); index <= last; index += LOOK_AHEAD) {
      const some = pieces.slice(index, Math.min(index + LOOK_AHEAD, last + 1))
      let chains: ReadonlyMap<Digest, Chain> | undefined
      for (const [nth, piece] of some.entries()) {
        const cached = this.#cache.get(piece.chunk)
        if (cached === undefined) chains ??= await this.#chains(some.slice(nth))
        const bytes = cached ?? (await this.#piece(piece, chains!.get(piece.chunk)!))
        const at = this.#starts.of(index + nth)
        yield bytes.subarray(Math.max(0, start - at), Math.min(bytes.byteLength, end - at))
      }
    }
  }

  async #chains(pieces: readonly RecipePiece[]): Promise<ReadonlyMap<Digest, Chain>> {
    try {
      return await findChains(pieces, this.#options.find)
    } catch (error) {
      throw forObject(error, this.#options.recipe.digest)
    }
  }

  async #piece(piece: RecipePiece, chain: Chain): Promise<Uint8Array> {
    try {
      return await this.#decoded(chain)
    } catch (error) {
      // A collection may have moved it to another pack since it was looked up.
      if (!isMissing(error)) throw forObject(error, this.#options.recipe.digest)
      const again = await this.#chains([piece])
      return this.#decoded(again.get(piece.chunk)!).catch(cause => {
        throw forObject(cause, this.#options.recipe.digest)
      })
    }
  }

  async #decoded(chain: Chain): Promise<Uint8Array> {
    let bytes: Uint8Array | undefined
    for (const place of chain) {
      const kept = this.#cache.get(place.chunk)
      bytes = kept ?? decodeChunk(this.#options.codec, place, await this.#body(place), bytes)
    }
    const { chunk } = chain.at(-1)!
    this.#cache.set(chunk, bytes!)
    return bytes!
  }

  async #body({ pack, offset, stored, chunk }: ChunkPlace): Promise<Uint8Array> {
    try {
      return await this.#packs.read(pack, offset, stored)
    } catch (error) {
      if (error instanceof CoreError && error.code === 'RANGE_OUT_OF_BOUNDS')
        throw corrupt(pack, `it ends within the chunk ${chunk}`, { chunk }, error)
      throw error
    }
  }

  #within(offset: Bytes, length: Bytes): true {
    const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
    if (sane && offset + length <= this.size) return true
    throw new CoreError('RANGE_OUT_OF_BOUNDS', {
      message: `${this.name} has ${this.size} bytes; ${length} at offset ${offset} were asked for`,
      hint: 'Ask for a range within its size.',
      details: { size: this.size, offset, length },
    })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'PACK_NOT_FOUND'
}

/** Least recently used pieces go first. */
class PieceCache {
  readonly #pieces = new Map<Digest, Uint8Array>()
  #bytes = 0

  get(chunk: Digest): Uint8Array | undefined {
    const bytes = this.#pieces.get(chunk)
    if (bytes === undefined) return undefined
    this.#pieces.delete(chunk)
    this.#pieces.set(chunk, bytes)
    return bytes
  }

  set(chunk: Digest, bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength - (this.#pieces.get(chunk)?.byteLength ?? 0)
    this.#pieces.set(chunk, bytes)
    for (const [oldest, { byteLength }] of this.#pieces) {
      if (this.#bytes <= CACHED_BYTES) break
      this.#pieces.delete(oldest)
      this.#bytes -= byteLength
    }
  }

  clear(): void {
    this.#pieces.clear()
    this.#bytes = 0
  }
}
