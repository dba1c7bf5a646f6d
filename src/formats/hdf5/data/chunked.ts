import { elementCount } from '../../../core/index.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { checkFilters, unfilter } from '../filters/pipeline.ts'
import { coordinatesOf, type Grid, gridOf, numberOf } from '../index/grid.ts'
import { readIndex } from '../index/read.ts'
import type { ChunkPlace, ChunkTable } from '../index/table.ts'
import { CHUNK_CACHE_BYTES, MAX_CHUNK_BYTES, MAX_REPEATS } from '../limits.ts'
import type { Dataspace } from '../object/dataspace.ts'
import type { Filter } from '../object/filters.ts'
import type { ChunkedLayout } from '../object/layout.ts'
import { filled } from './contiguous.ts'
import { type Box, copyPart, overlap, positionIn } from './copy.ts'
import { repeatsOf, tilesOf } from './tiles.ts'

/** What reading a chunked dataset takes. */
export interface ChunkedData {
  readonly storage: Storage
  readonly space: Dataspace
  readonly layout: ChunkedLayout
  readonly filters: readonly Filter[]
  readonly elementBytes: number
  readonly fill: Uint8Array | undefined
  /** For messages: `the dataset 'a/b'`. */
  readonly what: string
}

/** A chunk in memory; `skipped` bytes of its start were not read. */
interface Chunk {
  readonly box: Box
  readonly bytes: Uint8Array
  readonly skipped: number
}

/** The stored elements of a chunked dataset in C order, a tile at a time. What was never written is `fill`. */
export async function* readChunked(data: ChunkedData): AsyncGenerator<Uint8Array, void> {
  const { storage, layout, space, elementBytes, what } = data
  const place = storage.place(layout.address ?? 0)
  checkFilters(data.filters, place, what)
  const grid = gridOf(space, layout, elementBytes)
  if (!(grid.chunkBytes <= MAX_CHUNK_BYTES) && data.filters.length > 0)
    throw fail.limit(place, `${what} has chunks of ${grid.chunkBytes} bytes; ${MAX_CHUNK_BYTES} is the most`)
  const repeats = repeatsOf(space.shape, layout.chunk, elementBytes)
  if (data.filters.length > 0 && repeats > MAX_REPEATS)
    throw fail.limit(
      place,
      `each chunk of ${what} would be unpacked ${repeats} times; ${MAX_REPEATS} is the most`,
    )
  const reader = new ChunkReader(data, grid, await readIndex(storage, layout, grid))
  for (const tile of tilesOf(space.shape, layout.chunk, elementBytes)) yield await reader.tile(tile)
}

class ChunkReader {
  readonly #data: ChunkedData
  readonly #grid: Grid
  readonly #table: ChunkTable
  readonly #cache = new Map<number, Chunk>()
  #cached = 0

  constructor(data: ChunkedData, grid: Grid, table: ChunkTable) {
    this.#data = data
    this.#grid = grid
    this.#table = table
  }

  async tile(tile: Box): Promise<Uint8Array> {
    const { elementBytes, fill } = this.#data
    const bytes = filled(elementCount(tile.size) * elementBytes, fill, elementBytes)
    if (this.#table.count === 0) return bytes
    const target = { box: tile, bytes }
    // A tile spans whole rows of chunks, or a part of one row: their numbers follow each other.
    const first = tile.start.map((at, d) => Math.floor(at / this.#grid.chunk[d]!))
    const last = tile.start.map((at, d) => Math.floor((at + tile.size[d]! - 1) / this.#grid.chunk[d]!))
    const [from, to] = [numberOf(this.#grid, first), numberOf(this.#grid, last)]
    for (const found of this.#table.range(from ?? 0, to ?? -1)) {
      const start = coordinatesOf(this.#grid, found.number).map((at, d) => at * this.#grid.chunk[d]!)
      const box = { start, size: this.#grid.chunk }
      const part = overlap(box, tile)
      if (!part) continue
      copyPart(part, await this.#chunk(found.number, found, box, part), target, elementBytes)
    }
    return bytes
  }

  async #chunk(number: number, found: ChunkPlace, box: Box, part: Box): Promise<Chunk> {
    const known = this.#cache.get(number)
    if (known) return known
    const { filters, layout, space } = this.#data
    const edge = box.start.some((at, d) => at + box.size[d]! > space.shape[d]!)
    const plain = filters.length === 0 || (edge && layout.edgesUnfiltered)
    if (plain) return this.#plain(found, box, part)
    const chunk = { box, bytes: await this.#unpacked(found), skipped: 0 }
    this.#keep(number, chunk)
    return chunk
  }

  /** Of a chunk without filters only what is needed is read. */
  async #plain({ address, size }: ChunkPlace, box: Box, part: Box): Promise<Chunk> {
    const { storage, elementBytes, what } = this.#data
    if (size < this.#grid.chunkBytes)
      throw fail.malformed(
        storage.place(address),
        `a chunk of ${what} has ${size} bytes instead of ${this.#grid.chunkBytes}`,
      )
    const end = part.start.map((at, d) => at + part.size[d]! - 1)
    const skipped = positionIn(box, part.start) * elementBytes
    const length = (positionIn(box, end) + 1) * elementBytes - skipped
    if (length > MAX_CHUNK_BYTES)
      throw fail.limit(
        storage.place(address),
        `a chunk of ${what} has ${length} bytes; ${MAX_CHUNK_BYTES} is the most`,
      )
    return { box, skipped, bytes: await storage.data(address + skipped, length, `a chunk of ${what}`) }
  }

  async #unpacked({ address, size, mask }: ChunkPlace): Promise<Uint8Array> {
    const { storage, filters, what } = this.#data
    const place = storage.place(address)
    if (size > 2 * MAX_CHUNK_BYTES)
      throw fail.limit(place, `a chunk of ${what} has ${size} bytes; ${2 * MAX_CHUNK_BYTES} is the most`)
    const stored = await storage.data(address, size, `a chunk of ${what}`)
    return unfilter(stored, filters, mask, this.#grid.chunkBytes, place)
  }

  #keep(number: number, chunk: Chunk): void {
    if (chunk.bytes.byteLength > CHUNK_CACHE_BYTES) return
    this.#cache.set(number, chunk)
    this.#cached += chunk.bytes.byteLength
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cached <= CHUNK_CACHE_BYTES) break
      this.#cache.delete(oldest)
      this.#cached -= bytes.byteLength
    }
  }
}
