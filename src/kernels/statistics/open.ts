import { instantiateKernels } from '../module.ts'
import { PlainCounter } from './reference.ts'
import { StreamStatistics } from './stream.ts'
import type { StatisticsAccumulator } from './types.ts'
import { WasmCounter } from './wasm.ts'

/** Fresh statistics, by WASM SIMD where the engine has it. One for each stream at a time; reusable after `finish`. */
export function openStatistics(): StatisticsAccumulator {
  const kernels = instantiateKernels()
  return new StreamStatistics(kernels ? new WasmCounter(kernels) : new PlainCounter())
}

/** The same in plain TypeScript. */
export function openReferenceStatistics(): StatisticsAccumulator {
  return new StreamStatistics(new PlainCounter())
}
