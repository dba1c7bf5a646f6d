import { compileWasm } from '../module.ts'
import type { CodecLoops } from './types.ts'
import { CODEC_WASM } from './wasm.generated.ts'

/** What ../assembly/codec.ts exports: the loops, but for the memory. */
interface Kernels extends Omit<CodecLoops, 'memory' | 'decode'> {
  readonly memory: { readonly buffer: ArrayBuffer }
  decode(streams: number, count: number, bits: number, single: number, table: number, target: number): number
}

let instantiate: (() => object) | undefined | null = null

/** The loops by WASM SIMD; undefined where the engine has none. */
export function wasmCodecLoops(): CodecLoops | undefined {
  if (instantiate === null) instantiate = compileWasm(CODEC_WASM)
  const kernels = instantiate?.() as Kernels | undefined
  return (
    kernels && {
      ...kernels,
      memory: new Uint8Array(kernels.memory.buffer),
      decode: (streams, count, bits, single, table, target) =>
        kernels.decode(streams, count, bits, single, table, target) === 1,
    }
  )
}
