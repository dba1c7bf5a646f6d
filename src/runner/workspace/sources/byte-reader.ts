/** Pulls exact numbers of bytes out of a stream of chunks. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #buffer: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** The next `size` bytes; undefined when the stream ends before. */
  async take(size: number): Promise<Buffer | undefined> {
    if (this.#buffer.length < size) {
      const parts = [this.#buffer]
      let length = this.#buffer.length
      while (length < size) {
        const { done, value } = await this.#chunks.next()
        if (done) return undefined
        parts.push(Buffer.from(value.buffer, value.byteOffset, value.length))
        length += value.length
      }
      this.#buffer = Buffer.concat(parts)
    }
    const taken = this.#buffer.subarray(0, size)
    this.#buffer = this.#buffer.subarray(size)
    return taken
  }

  /** The next part of at most `size` bytes, as it comes; undefined at the end. */
  async some(size: number): Promise<Buffer | undefined> {
    while (this.#buffer.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return undefined
      this.#buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
    }
    return this.take(Math.min(size, this.#buffer.length))
  }

  /** Reads on to the stream's end, so that its connection can be used again. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }
}
