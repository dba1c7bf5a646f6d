const TYPES = { int32: Int32Array, uint8: Uint8Array, float32: Float32Array, float64: Float64Array } as const
type NumbersDtype = keyof typeof TYPES

/** 256 KB of int32. */
const CHUNK = 65_536

/** Numbers of one type that grow in chunks, so that nothing is copied and no half is empty. */
export class Numbers {
  readonly dtype: NumbersDtype
  readonly #chunks: InstanceType<(typeof TYPES)[NumbersDtype]>[] = []
  #length = 0

  constructor(dtype: NumbersDtype) {
    this.dtype = dtype
  }

  get length(): number {
    return this.#length
  }

  /** Of a place below `length`. */
  at(place: number): number {
    return this.#chunks[Math.floor(place / CHUNK)]![place % CHUNK]!
  }

  push(value: number): void {
    const place = this.#length++
    if (place % CHUNK === 0) this.#chunks.push(new TYPES[this.dtype](CHUNK))
    this.#chunks.at(-1)![place % CHUNK] = value
  }

  set(place: number, value: number): void {
    this.#chunks[Math.floor(place / CHUNK)]![place % CHUNK] = value
  }

  /** All of them, little-endian, in pieces. */
  async *bytes(): AsyncGenerator<Uint8Array, void> {
    for (const [i, chunk] of this.#chunks.entries()) {
      const count = Math.min(CHUNK, this.#length - i * CHUNK)
      yield new Uint8Array(chunk.buffer, 0, count * chunk.BYTES_PER_ELEMENT)
    }
  }
}
