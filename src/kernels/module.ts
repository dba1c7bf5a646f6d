import type { KernelBlock, WideDtype } from './statistics/types.ts'
import { KERNELS_WASM } from './wasm.generated.ts'

/** Counts the numbers at a place in memory: whole blocks of them, but for the last call. */
type Kernel = (at: number, count: number) => void

/** Counts ggml's blocks at a place, behind numbers that are held; gives how many are held then. */
type BlockKernel = (at: number, count: number, held: number) => number

/** What assembly/index.ts exports. */
export interface Kernels extends Readonly<Record<WideDtype, Kernel> & Record<KernelBlock, BlockKernel>> {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly codes: Kernel
  reset(): void
  /** Writes each code that occurred and its count behind one another, u32 each; gives how many, and begins anew. */
  takeCounts(at: number): number
}

/** The part of WebAssembly's interface that is used here; Node's types do not have it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

let instantiate: (() => object) | undefined | null = null

/** Kernels with a memory of their own (1.7 MB); undefined where the engine has no WASM with SIMD (`--jitless`). */
export function instantiateKernels(): Kernels | undefined {
  if (instantiate === null) instantiate = compileWasm(KERNELS_WASM)
  return instantiate?.() as Kernels | undefined
}

/** From base64: what makes instances of the module, or undefined where the engine can't. */
export function compileWasm(base64: string): (() => object) | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly
  if (!api) return undefined
  try {
    const module = new api.Module(Buffer.from(base64, 'base64'))
    return () => new api.Instance(module).exports
  } catch {
    // An engine without SIMD: the plain implementation gives the same numbers, slower.
    return undefined
  }
}
