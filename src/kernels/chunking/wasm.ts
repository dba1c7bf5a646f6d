import { compileWasm } from '../module.ts'
import { gearMasks, gearTable } from './gear.ts'
import type { Chunker, ChunkSizes } from './types.ts'
import { CHUNKING_WASM } from './wasm.generated.ts'

/** What ../assembly/chunking.ts exports. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  reset(): void
  cut(at: number, end: number, mask: bigint): number
}

const TABLE_AT = 1024
const BYTES_AT = 0x1_0000
/** Bytes that are copied into the kernel's memory (2 pages) at once: most of what is behind a cut is not. */
const STEP: number = 16 * 1024

let instantiate: (() => object) | undefined | null = null

/** The gear hash by WASM's 64-bit integers; undefined where the engine has none. */
export function wasmChunker(sizes: ChunkSizes): Chunker | undefined {
  if (instantiate === null) instantiate = compileWasm(CHUNKING_WASM)
  const kernels = instantiate?.() as Kernels | undefined
  if (!kernels) return undefined
  const { buffer } = kernels.memory
  new BigUint64Array(buffer, TABLE_AT, 256).set(gearTable())
  const memory = new Uint8Array(buffer, BYTES_AT)
  const { rare, likely } = gearMasks(sizes.target)
  /** The cut between two places, or 0. */
  const search = (bytes: Uint8Array, from: number, to: number, mask: bigint): number => {
    for (let at = from; at < to; at += STEP) {
      const end = Math.min(at + STEP, to)
      memory.set(bytes.subarray(at, end))
      const found = kernels.cut(BYTES_AT, BYTES_AT + end - at, mask)
      if (found > 0) return at + found - BYTES_AT
    }
    return 0
  }
  return {
    sizes,
    next(bytes) {
      const end = Math.min(bytes.length, sizes.max)
      const turn = Math.min(end, sizes.target)
      kernels.reset()
      return search(bytes, sizes.min, turn, rare) || search(bytes, turn, end, likely) || end
    },
  }
}
