import { plainPasses } from './reference.ts'
import type { ImagePasses } from './types.ts'
import { wasmPasses } from './wasm.ts'

let passes: ImagePasses | undefined

/** The passes, by WASM SIMD where the engine has it: 11 MB of memory, taken with the first image. */
export function imagePasses(): ImagePasses {
  passes ??= wasmPasses() ?? plainPasses
  return passes
}
