import { instantiateKernels } from '../module.ts'
import { ReferenceStatistics } from './reference.ts'
import type { StatisticsAccumulator } from './types.ts'
import { WasmStatistics } from './wasm.ts'

/** Fresh statistics, by WASM SIMD where the engine has it. One for each stream at a time; reusable after `finish`. */
export function openStatistics(): StatisticsAccumulator {
  const kernels = instantiateKernels()
  return kernels ? new WasmStatistics(kernels) : new ReferenceStatistics()
}
