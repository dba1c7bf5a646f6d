import { createHash, type Hash } from 'node:crypto'
import { type ByteSource, type Digest, digestOf } from '../../core/index.ts'
import type { EncodedPiece } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { cuts } from '../layout/cuts.ts'
import { layOut } from '../layout/lay-out.ts'
import { type FileLayout, MAX_PIECE_BYTES, type Piece } from '../layout/types.ts'
import { type BaseChunk, Bases } from './bases.ts'
import { type Encoder, openEncoder } from './encoder.ts'
import { MAX_PIECES } from './format.ts'
import { Tally } from './tally.ts'
import type { PackRequest, PackResult, Recipe, RecipePiece } from './types.ts'
import { PackWriter } from './write.ts'

/** Pieces that are looked up together, and so held together. */
const BATCH_PIECES = 64
const BATCH_BYTES = 8 * 1024 * 1024

/**
 * Packs a file: cuts it, and writes what is not stored yet, each piece in the smallest way that there is. Reads the
 * source once, from front to back, and holds some 30 MB at most. Throws BLOB_DIGEST_MISMATCH where the whole is not
 * `digest`, BLOB_TOO_LARGE for more pieces than a recipe has, DISK_FULL, and what the source throws: then the draft is
 * worth nothing.
 */
export async function packObject(request: PackRequest): Promise<PackResult> {
  return packPieces(request, await layOut(request.source, request.name))
}

/** The same with a layout that is known already. */
export async function packPieces(request: PackRequest, layout: FileLayout): Promise<PackResult> {
  const writer = await PackWriter.open(request.draft)
  const encoder = openEncoder(request.codec, request.threads ?? 0)
  try {
    const packing = new Packing(request, layout, writer, encoder)
    const whole = createHash('sha256')
    const threaded = (request.threads ?? 0) > 0
    const cut = batches(request.source, layout, whole, threaded)
    for await (const batch of threaded ? ahead(cut) : cut) await packing.take(batch)
    return await packing.finish(`sha256:${whole.digest('hex')}` as Digest)
  } finally {
    await encoder.close()
    await writer.close()
  }
}

interface Cut {
  readonly piece: Piece
  readonly bytes: Uint8Array
  readonly chunk: Digest
}

/**
 * Pieces with their digests, some at a time; `whole` takes all bytes. They lie in one of two areas, by turns: a batch is
 * valid until the next but one is asked for. `shared`: threads see them.
 */
async function* batches(
  source: ByteSource,
  layout: FileLayout,
  whole: Hash,
  shared: boolean,
): AsyncGenerator<readonly Cut[], void> {
  const room = Math.min(source.size, BATCH_BYTES + MAX_PIECE_BYTES)
  const areas = [0, 1].map(() => new Uint8Array(shared ? new SharedArrayBuffer(room) : new ArrayBuffer(room)))
  let batch: Cut[] = []
  let size = 0
  for await (const { piece, bytes } of cuts(source, layout)) {
    whole.update(bytes)
    const copy = areas[0]!.subarray(size, size + piece.length)
    copy.set(bytes)
    batch.push({ piece, bytes: copy, chunk: digestOf(copy) })
    size += piece.length
    if (batch.length < BATCH_PIECES && size < BATCH_BYTES) continue
    yield batch
    areas.reverse()
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

/** Begins with the next while this one is looked at: for work that waits for threads. */
async function* ahead<T>(items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  let next = items.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = items.next()
      // It is awaited above, later than it may fail.
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await items.return()
  }
}

class Packing {
  readonly #request: PackRequest
  readonly #layout: FileLayout
  readonly #writer: PackWriter
  readonly #encoder: Encoder
  readonly #bases: Bases
  readonly #pieces: RecipePiece[] = []
  readonly #new = new Set<Digest>()
  readonly #reused = new Set<Digest>()
  readonly #tally = new Tally()
  #size = 0

  constructor(request: PackRequest, layout: FileLayout, writer: PackWriter, encoder: Encoder) {
    this.#request = request
    this.#layout = layout
    this.#writer = writer
    this.#encoder = encoder
    this.#bases = new Bases(request.bases, layout, request.known)
  }

  async take(batch: readonly Cut[]): Promise<void> {
    const fresh = await this.#fresh(batch)
    const bases = await this.#bases.of(fresh.map(({ piece }) => piece))
    const encoding = fresh.map(({ bytes, piece }, index) => this.#encode(bytes, piece, bases[index]))
    // Where one fails, the others must not fail unheard while the first is thrown.
    for (const promise of encoding) promise.catch(() => undefined)
    for (const [index, { chunk, piece }] of fresh.entries())
      await this.#add(chunk, piece.length, await encoding[index]!, bases[index])
    this.#request.onProgress?.(this.#size)
  }

  /** Takes pieces into the recipe; gives those that must be stored. */
  async #fresh(batch: readonly Cut[]): Promise<readonly Cut[]> {
    for (const { chunk, piece } of batch) {
      this.#size += piece.length
      this.#pieces.push({ chunk, length: piece.length })
    }
    if (this.#pieces.length > MAX_PIECES) throw tooMany(this.#request.source.name)
    const asked = batch.map(({ chunk }) => chunk).filter(chunk => !this.#new.has(chunk))
    const known = await this.#request.known([...new Set(asked)])
    return batch.filter(({ chunk, piece }) => {
      if (known.has(chunk)) this.#reused.add(chunk)
      const fresh = !known.has(chunk) && !this.#new.has(chunk)
      if (fresh) this.#new.add(chunk)
      else this.#tally.reused(piece.length)
      return fresh
    })
  }

  async #encode(bytes: Uint8Array, { kind }: Piece, base: BaseChunk | undefined): Promise<EncodedPiece> {
    return this.#encoder.encode(bytes, kind, await base?.bytes())
  }

  async #add(chunk: Digest, length: number, encoded: EncodedPiece, base: BaseChunk | undefined) {
    const place = await this.#writer.add(chunk, length, encoded, base)
    if (place.base !== undefined) this.#reused.add(place.base)
    this.#tally.stored(place)
  }

  /** `digest`: of all bytes that were cut. */
  async finish(digest: Digest): Promise<PackResult> {
    const { source, digest: expected = digest, carry = [] } = this.#request
    if (digest !== expected || this.#size !== source.size) throw mismatch(source.name, expected, digest)
    const recipe: Recipe = { ...this.#layout, digest, size: this.#size, pieces: this.#pieces }
    const packSize = await this.#writer.finish([recipe, ...carry])
    return {
      recipe,
      places: this.#writer.places,
      reused: [...this.#reused],
      stats: this.#tally.stats(this.#size, packSize),
    }
  }
}

function mismatch(name: string, expected: Digest, actual: Digest): RegistryError {
  return new RegistryError('BLOB_DIGEST_MISMATCH', {
    message: `${name} should be ${expected}; its bytes are ${actual}`,
    hint: 'It changed while it was read, or the disk altered it.',
    details: { expected, actual },
  })
}

function tooMany(name: string): RegistryError {
  return new RegistryError('BLOB_TOO_LARGE', {
    message: `${name} would have more than the ${MAX_PIECES} pieces of one recipe`,
    hint: 'Split the file, as models of many gigabytes are in shards.',
    details: { limit: MAX_PIECES },
  })
}
