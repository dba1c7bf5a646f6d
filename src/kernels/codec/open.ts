import { plainCodecLoops } from './reference.ts'
import type { CodecLoops } from './types.ts'
import { wasmCodecLoops } from './wasm.ts'

/** Fresh loops with 6 MB of memory, by WASM SIMD where the engine has it. */
export function openCodecLoops(): CodecLoops {
  return wasmCodecLoops() ?? plainCodecLoops()
}

/** The same in plain TypeScript. */
export function openReferenceCodecLoops(): CodecLoops {
  return plainCodecLoops()
}
