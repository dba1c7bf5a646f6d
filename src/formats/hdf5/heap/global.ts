import type { FormatsError } from '../../errors.ts'
import { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { COLLECTION_CACHE_BYTES, MAX_COLLECTION_BYTES } from '../limits.ts'

type Collection = { readonly objects: ReadonlyMap<number, Uint8Array>; readonly bytes: number }

/** Global heap collections (III.E): what elements of variable length, and virtual layouts, point to. */
export class GlobalHeap {
  readonly #storage: Storage
  readonly #cache = new Map<number, Collection>()
  #cached = 0

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** An object by its collection's address and its index there. */
  async object(address: number, index: number): Promise<Uint8Array> {
    const collection = await this.#collection(address)
    const found = collection.objects.get(index)
    if (found) return found
    throw fail.malformed(this.#storage.place(address), `a global heap has no object ${index}`)
  }

  /** As `object`, to be read field by field. Places in errors count from the collection's start. */
  async cursor(address: number, index: number, what: string): Promise<Cursor> {
    const bytes = await this.object(address, index)
    const offset = this.#storage.base + address
    return new Cursor(bytes, this.#storage.widths, { name: this.#storage.name, offset }, what)
  }

  /** The error for an address that is none. */
  lost(address: number): FormatsError {
    return fail.malformed({ name: this.#storage.name }, `an element of variable length points to ${address}`)
  }

  /** The error for elements that together take more than they may. */
  exhausted(): FormatsError {
    return fail.limit(
      { name: this.#storage.name },
      'its elements of variable length unpack to more than any file holds',
    )
  }

  async #collection(address: number): Promise<Collection> {
    const known = this.#cache.get(address)
    if (known) return known
    const collection = await readCollection(this.#storage, address)
    this.#cache.set(address, collection)
    this.#cached += collection.bytes
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cached <= COLLECTION_CACHE_BYTES || oldest === address) break
      this.#cache.delete(oldest)
      this.#cached -= bytes
    }
    return collection
  }
}

async function readCollection(storage: Storage, address: number): Promise<Collection> {
  const { widths } = storage
  const headBytes = 8 + widths.length
  const head = await storage.structure(address, headBytes, 'a global heap')
  head.signature('GCOL')
  head.version(1)
  head.skip(3)
  const size = head.length()
  if (size < headBytes) throw head.malformed(`a global heap of ${size} bytes is impossible`)
  if (size > MAX_COLLECTION_BYTES)
    throw fail.limit(head.place, `a global heap has ${size} bytes; ${MAX_COLLECTION_BYTES} is the most`)
  const whole = await storage.structure(address, size, 'a global heap')
  whole.skip(headBytes)
  return { objects: readObjects(whole), bytes: size }
}

function readObjects(cursor: Cursor): ReadonlyMap<number, Uint8Array> {
  const objects = new Map<number, Uint8Array>()
  while (cursor.left >= 8 + cursor.widths.length) {
    const index = cursor.u16()
    cursor.skip(6)
    const size = cursor.length()
    // Index 0 is the free space up to the end.
    if (index === 0) break
    objects.set(index, cursor.take(size))
    cursor.skip(Math.min(cursor.left, (8 - (size % 8)) % 8))
  }
  return objects
}
