/** Small against what a reader may read of a large file, large against a round trip. */
const BLOCK_BYTES = 64 * 1024
/** 16 MiB in all. */
const MAX_BLOCKS = 256
/** What is fetched ahead of a reader that goes on where it stopped: it doubles up to here. */
const MAX_AHEAD = 16

type FetchRange = (offset: number, length: number) => Promise<Uint8Array>

/** Blocks of something that is slow to read, those used last kept. Reads of missing neighbours are one request. */
export class BlockCache {
  readonly #size: number
  readonly #fetch: FetchRange
  /** In order of use, the latest last. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>()
  #after = -1
  #ahead = 1

  constructor(size: number, fetchRange: FetchRange) {
    this.#size = size
    this.#fetch = fetchRange
  }

  /** Puts in the start, if it is a whole block or everything. */
  seed(start: Uint8Array): void {
    const length = Math.min(BLOCK_BYTES, this.#size)
    if (start.byteLength >= length) this.#keep(0, Promise.resolve(start.subarray(0, length)))
  }

  clear(): void {
    this.#blocks.clear()
  }

  /** Within the size. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0)
    const first = Math.floor(offset / BLOCK_BYTES)
    const last = Math.floor((offset + length - 1) / BLOCK_BYTES)
    const parts = this.#blocksOf(first, last)
    if (parts.length === 1) {
      const start = offset - first * BLOCK_BYTES
      return (await parts[0]!).slice(start, start + length)
    }
    const bytes = new Uint8Array(length)
    for (const [index, part] of (await Promise.all(parts)).entries()) {
      const start = (first + index) * BLOCK_BYTES - offset
      const from = Math.max(0, -start)
      bytes.set(part.subarray(from, Math.min(part.byteLength, length - start)), start + from)
    }
    return bytes
  }

  #blocksOf(first: number, last: number): readonly Promise<Uint8Array>[] {
    this.#request(first, last)
    const parts: Promise<Uint8Array>[] = []
    for (let block = first; block <= last; block++) {
      const part = this.#blocks.get(block)!
      this.#keep(block, part)
      parts.push(part)
    }
    while (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!)
    return parts
  }

  /** Asks for every run of missing blocks; the last one goes on ahead of a sequential reader. */
  #request(first: number, last: number): void {
    for (let block = first; block <= last; block++) {
      if (this.#blocks.has(block)) continue
      let end = block
      while (end < last && !this.#blocks.has(end + 1)) end++
      if (end === last) end = this.#goAhead(block, last)
      this.#fetchRun(block, end)
      block = end
    }
  }

  #goAhead(block: number, last: number): number {
    this.#ahead = block === this.#after ? Math.min(MAX_AHEAD, this.#ahead * 2) : 1
    const end = Math.max(last, Math.min(block + this.#ahead - 1, Math.floor((this.#size - 1) / BLOCK_BYTES)))
    this.#after = end + 1
    return end
  }

  #fetchRun(first: number, last: number): void {
    const offset = first * BLOCK_BYTES
    const whole = this.#fetch(offset, Math.min((last + 1) * BLOCK_BYTES, this.#size) - offset)
    for (let block = first; block <= last; block++) {
      const start = (block - first) * BLOCK_BYTES
      // A copy: a view would keep the whole run in memory.
      const part = whole.then(bytes => bytes.slice(start, start + BLOCK_BYTES))
      // Who waits for it is told; the next one asks again.
      part.catch(() => this.#blocks.get(block) === part && this.#blocks.delete(block))
      this.#keep(block, part)
    }
  }

  #keep(block: number, part: Promise<Uint8Array>): void {
    this.#blocks.delete(block)
    this.#blocks.set(block, part)
  }
}
