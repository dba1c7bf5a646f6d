import { gearMasks, gearTable } from './gear.ts'
import type { Chunker, ChunkSizes } from './types.ts'

/** The gear hash in plain TypeScript, as two halves of 32 bits: what the kernel is held against, and the fallback. */
export function referenceChunker(sizes: ChunkSizes): Chunker {
  const table = gearTable()
  const low = Uint32Array.from(table, value => Number(value & 0xffffffffn))
  const high = Uint32Array.from(table, value => Number(value >> 32n))
  const { rare, likely } = gearMasks(sizes.target)
  // No mask reaches below the upper half: 2 * 32 bits would be a target of 2^30.
  const [rareHigh, likelyHigh] = [Number(rare >> 32n), Number(likely >> 32n)]
  return {
    sizes,
    next(bytes) {
      const end = Math.min(bytes.length, sizes.max)
      const turn = Math.min(end, sizes.target)
      let [lower, upper] = [0, 0]
      for (let at = sizes.min; at < end; at++) {
        const byte = bytes[at]!
        const sum = ((lower << 1) >>> 0) + low[byte]!
        upper = (((upper << 1) | (lower >>> 31)) + high[byte]! + (sum > 0xffffffff ? 1 : 0)) >>> 0
        lower = sum >>> 0
        if ((upper & (at < turn ? rareHigh : likelyHigh)) >>> 0 === 0) return at + 1
      }
      return end
    },
  }
}
