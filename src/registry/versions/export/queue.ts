/** Bytes that arrive in pieces of any size, taken in pieces of the wanted size. */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Exactly so many; undefined where fewer are left. Memory grows with what arrives, not with what is asked for. */
  async take(length: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    for (let left = length; left > 0; ) {
      const part = await this.some(left)
      if (!part) return undefined
      left -= part.byteLength
      parts.push(part)
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** What has arrived, `most` bytes at most; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    if (await this.atEnd()) return undefined
    const part = this.#chunk.subarray(0, most)
    this.#chunk = this.#chunk.subarray(part.byteLength)
    return part
  }

  async atEnd(): Promise<boolean> {
    while (this.#chunk.byteLength === 0) {
      const { done, value } = await this.#source.next()
      if (done) return true
      this.#chunk = value
    }
    return false
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
