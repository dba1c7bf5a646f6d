import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'

/** Names are read in pieces of this size from heaps that may be large. */
const NAME_BYTES = 256
const MAX_NAME_BYTES = 64 * 1024
/** Below this the whole heap is read at once. */
const SMALL_HEAP = 64 * 1024

/** A local heap (III.D): the names of an old group's links. */
export class LocalHeap {
  readonly #storage: Storage
  readonly #address: number
  readonly #size: number
  #whole: Cursor | undefined

  private constructor(storage: Storage, address: number, size: number) {
    this.#storage = storage
    this.#address = address
    this.#size = size
  }

  static async open(storage: Storage, address: number): Promise<LocalHeap> {
    const { widths } = storage
    const head = await storage.structure(address, 8 + 2 * widths.length + widths.address, 'a local heap')
    head.signature('HEAP')
    head.version(0)
    head.skip(3)
    const size = head.length()
    head.wide(widths.length)
    return new LocalHeap(storage, head.given('its data'), size)
  }

  /** The text at an offset. */
  async text(offset: number): Promise<string> {
    if (this.#size <= SMALL_HEAP) {
      this.#whole ??= await this.#storage.structure(this.#address, this.#size, 'a local heap')
      if (offset >= this.#size)
        throw this.#whole.malformed(`a name at ${offset} is beyond a heap of ${this.#size} bytes`)
      this.#whole.at = offset
      return this.#whole.text()
    }
    for (let most = NAME_BYTES; ; most *= 16) {
      const length = Math.min(most, Math.max(0, this.#size - offset))
      const cursor = await this.#storage.structure(this.#address + offset, length, 'a name in a local heap')
      if (cursor.bytes.includes(0) || length < most || most > MAX_NAME_BYTES) return cursor.text()
    }
  }
}
