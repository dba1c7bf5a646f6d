import { plainWeightPasses } from './reference.ts'
import type { WeightPasses } from './types.ts'
import { wasmWeightPasses } from './wasm.ts'

let passes: WeightPasses | undefined

/** The passes, by WASM SIMD where the engine has it: 9 MB of memory, taken with the first weight. */
export function weightPasses(): WeightPasses {
  passes ??= wasmWeightPasses() ?? plainWeightPasses
  return passes
}
