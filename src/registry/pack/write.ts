import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Bytes, type Digest, diskFull } from '../../core/index.ts'
import type { EncodedPiece } from '../codec/types.ts'
import { footer, header } from './format.ts'
import { writeRecipe } from './recipe.ts'
import { writeRecords } from './records.ts'
import type { ChunkPlace, PackDraft, Recipe } from './types.ts'

/** What is written at once: bodies may be as small as a few bytes. */
const WRITE_BYTES = 1024 * 1024

/** Writes a draft from front to back. Throws DISK_FULL. */
export class PackWriter {
  readonly places: ChunkPlace[] = []
  readonly #draft: Pick<PackDraft, 'id' | 'path'>
  readonly #file: FileHandle
  readonly #waiting = new Uint8Array(WRITE_BYTES)
  #waitingBytes = 0
  #end = 0

  private constructor(draft: Pick<PackDraft, 'id' | 'path'>, file: FileHandle) {
    this.#draft = draft
    this.#file = file
  }

  static async open(draft: Pick<PackDraft, 'id' | 'path'>): Promise<PackWriter> {
    const writer = new PackWriter(draft, await open(draft.path, 'w', 0o600))
    await writer.#write(header())
    return writer
  }

  /** The body is the caller's again once this is done. */
  async add(
    chunk: Digest,
    length: Bytes,
    { encoding, body }: EncodedPiece,
    base?: { readonly chunk: Digest; readonly depth: number },
  ): Promise<ChunkPlace> {
    const delta = encoding === 'delta' ? base : undefined
    const depth = delta ? delta.depth + 1 : 0
    const checksum = crc32(body)
    return this.copy({ chunk, length, encoding, ...(delta && { base: delta.chunk }), depth, checksum }, body)
  }

  /** A body of another pack. */
  async copy(facts: Omit<ChunkPlace, 'pack' | 'offset' | 'stored'>, body: Uint8Array): Promise<ChunkPlace> {
    const place = { ...facts, pack: this.#draft.id, offset: this.#end, stored: body.byteLength }
    this.places.push(place)
    await this.#write(body)
    return place
  }

  /** Records, recipes and footer. Gives the size of the pack. The draft is neither synced nor named yet. */
  async finish(recipes: readonly Recipe[]): Promise<Bytes> {
    const tail = this.#end
    const index = new Map(this.places.map(({ chunk }, at) => [chunk, at]))
    const records = writeRecords(this.places)
    const written = Buffer.concat(recipes.map(recipe => writeRecipe(recipe, index)))
    const facts = {
      tail,
      chunkBytes: records.byteLength,
      recipeBytes: written.byteLength,
      chunks: this.places.length,
      recipes: recipes.length,
    }
    for (const part of [records, written, footer(facts, records, written)]) await this.#write(part)
    await this.#flush()
    return this.#end
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#end += bytes.byteLength
    for (let from = 0; from < bytes.byteLength; ) {
      const some = bytes.subarray(from, from + WRITE_BYTES - this.#waitingBytes)
      this.#waiting.set(some, this.#waitingBytes)
      this.#waitingBytes += some.byteLength
      from += some.byteLength
      if (this.#waitingBytes === WRITE_BYTES) await this.#flush()
    }
  }

  async #flush(): Promise<void> {
    const bytes = this.#waiting.subarray(0, this.#waitingBytes)
    this.#waitingBytes = 0
    try {
      await this.#file.writeFile(bytes)
    } catch (cause) {
      throw diskFull(cause, this.#draft.path) ?? cause
    }
  }
}
