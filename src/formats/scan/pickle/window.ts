import type { ByteSource } from '../../../core/index.ts'

const WINDOW_BYTES: number = 64 * 1024

/** Payloads stand one behind the other: their beginnings come by windows, not one by one. */
export class PayloadWindow {
  readonly #source: ByteSource
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const within = offset >= this.#start && offset + length <= this.#start + this.#bytes.byteLength
    if (!within) {
      this.#bytes = await this.#source.read(offset, Math.min(WINDOW_BYTES, this.#source.size - offset))
      this.#start = offset
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length)
  }
}
