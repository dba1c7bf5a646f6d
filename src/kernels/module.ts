import { KERNELS_WASM } from './wasm.generated.ts'

/** What assembly/index.ts exports. Counts are of elements, `at` is a place in the values, in elements. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  reset(): void
  accumulate(count: number): void
  mergeBuckets(): void
  float16(count: number, at: number): void
  bfloat16(count: number, at: number): void
  int16(count: number, at: number): void
  uint16(count: number, at: number): void
  int8(count: number, at: number): void
  uint8(count: number, at: number): void
}

/** The part of WebAssembly's interface that is used here; Node's types do not have it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

let compiled: object | null | undefined

/** Kernels with a memory of their own (3.3 MB); undefined where the engine has no WASM with SIMD (`--jitless`). */
export function instantiateKernels(): Kernels | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly
  if (compiled === undefined) compiled = compile(api)
  if (!api || !compiled) return undefined
  return new api.Instance(compiled).exports as Kernels
}

function compile(api: WebAssemblyApi | undefined): object | null {
  try {
    return api ? new api.Module(Buffer.from(KERNELS_WASM, 'base64')) : null
  } catch {
    // An engine without SIMD: the plain implementation gives the same numbers, slower.
    return null
  }
}
