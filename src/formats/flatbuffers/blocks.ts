import type { ByteSource } from '../../core/index.ts'

/** A table and what it points at lie near one another, and between them may lie megabytes that nobody asks for. */
const BLOCK_BYTES = 4 * 1024
const MAX_BLOCKS = 512

/** Small reads anywhere in a file, through the last blocks that were read. */
export function blockReader(source: ByteSource): (at: number, length: number) => Promise<Uint8Array> {
  const blocks = new Map<number, Uint8Array>()
  const block = async (number: number): Promise<Uint8Array> => {
    const known = blocks.get(number)
    if (known) {
      blocks.delete(number)
      blocks.set(number, known)
      return known
    }
    const start = number * BLOCK_BYTES
    const read = await source.read(start, Math.min(BLOCK_BYTES, source.size - start))
    blocks.set(number, read)
    if (blocks.size > MAX_BLOCKS) blocks.delete(blocks.keys().next().value!)
    return read
  }
  return async (at, length) => {
    if (length > BLOCK_BYTES) return source.read(at, length)
    const first = Math.floor(at / BLOCK_BYTES)
    const start = at - first * BLOCK_BYTES
    const head = (await block(first)).subarray(start, start + length)
    if (head.length === length) return head
    const out = new Uint8Array(length)
    out.set(head)
    out.set((await block(first + 1)).subarray(0, length - head.length), head.length)
    return out
  }
}
