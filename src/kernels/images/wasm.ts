import { compileWasm } from '../module.ts'
import { pack } from './pack.ts'
import { plainPasses } from './reference.ts'
import type { ImagePasses, Windows } from './types.ts'
import { IMAGES_WASM } from './wasm.generated.ts'

/** What ../assembly/images.ts exports. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly columns1: Columns
  readonly columns3: Columns
  rows(source: number, row: number, places: number, weights: number, count: number, target: number): void
  lookUp(source: number, count: number, tables: number, target: number, plane: number): void
}

type Columns = (
  source: number,
  row: number,
  places: number,
  weights: number,
  to: number,
  target: number,
  height: number,
) => void

/** Parts of the kernels' memory, with room behind each for what whole vectors read and write beyond the end. */
const PLACES = { at: 0x1_0000, bytes: 0x4_0000 } as const
const WEIGHTS = { at: 0x5_0000, bytes: 0x10_0000 } as const
const SOURCE = { at: 0x16_0000, bytes: 0x30_0000 } as const
const TARGET = { at: 0x48_0000, bytes: 0x30_0000 } as const
/** Bytes of a table of 256 float32. */
const TABLE_BYTES = 1024

/** Passes by WASM SIMD, and in plain TypeScript where something does not fit; undefined where the engine has no SIMD. */
export function wasmPasses(): ImagePasses | undefined {
  const kernels = compileWasm(IMAGES_WASM)?.() as Kernels | undefined
  return kernels && new WasmPasses(kernels)
}

class WasmPasses implements ImagePasses {
  readonly #kernels: Kernels
  readonly #bytes: Uint8Array
  readonly #places: Int32Array
  readonly #weights: Int16Array

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    const { buffer } = kernels.memory
    this.#bytes = new Uint8Array(buffer)
    this.#places = new Int32Array(buffer, PLACES.at, PLACES.bytes / 4)
    this.#weights = new Int16Array(buffer, WEIGHTS.at, WEIGHTS.bytes / 2)
  }

  columns(source: Uint8Array, channels: number, windows: Windows, target: Uint8Array, height: number): void {
    const kernel = channels === 3 ? 'columns3' : channels === 1 ? 'columns1' : undefined
    const made = height * windows.to * channels
    const packed = kernel && pack(windows, kernel)
    if (!kernel || !packed || !this.#take(packed, 0, windows.to, 0, channels) || !fits(source.length, made)) {
      plainPasses.columns(source, channels, windows, target, height)
      return
    }
    this.#bytes.set(source, SOURCE.at)
    const row = windows.from * channels
    this.#kernels[kernel](SOURCE.at, row, PLACES.at, WEIGHTS.at, windows.to, TARGET.at, height)
    target.set(this.#bytes.subarray(TARGET.at, TARGET.at + made))
  }

  rows(
    source: Uint8Array,
    row: number,
    windows: Windows,
    target: Uint8Array,
    first: number,
    end: number,
  ): void {
    const packed = pack(windows, 'rows')
    const [from, to] = span(windows, first, end)
    const count = end - first
    // A pair may reach a row beyond the last.
    const fitting = fits((to - from + 1) * row, count * row)
    if (!packed || !fitting || !this.#take(packed, first, end, from, row)) {
      plainPasses.rows(source, row, windows, target, first, end)
      return
    }
    this.#bytes.set(source.subarray(from * row, to * row), SOURCE.at)
    this.#kernels.rows(SOURCE.at, row, PLACES.at, WEIGHTS.at, count, TARGET.at)
    target.set(this.#bytes.subarray(TARGET.at, TARGET.at + count * row), first * row)
  }

  lookUp(
    source: Uint8Array,
    tables: readonly Float32Array[],
    planar: boolean,
    target: Float32Array,
    first: number,
    end: number,
  ): void {
    if (tables.length !== 3) {
      plainPasses.lookUp(source, tables, planar, target, first, end)
      return
    }
    const floats = new Float32Array(this.#kernels.memory.buffer)
    tables.forEach((table, channel) => {
      floats.set(table, (WEIGHTS.at + channel * TABLE_BYTES) / 4)
    })
    const most = Math.floor(TARGET.bytes / 12)
    for (let from = first; from < end; from += most) {
      const count = Math.min(most, end - from)
      this.#bytes.set(source.subarray(from * 3, (from + count) * 3), SOURCE.at)
      this.#kernels.lookUp(SOURCE.at, count, WEIGHTS.at, TARGET.at, planar ? count * 4 : 0)
      const made = TARGET.at / 4
      if (!planar) target.set(floats.subarray(made, made + 3 * count), from * 3)
      else {
        for (let channel = 0; channel < 3; channel++) {
          const plane = floats.subarray(made + channel * count, made + (channel + 1) * count)
          target.set(plane, channel * (source.length / 3) + from)
        }
      }
    }
  }

  /** Puts places, in bytes from input `origin` on, and weights of some outputs into the kernels' memory, if they fit. */
  #take(
    { places, offsets, weights }: NonNullable<ReturnType<typeof pack>>,
    first: number,
    end: number,
    origin: number,
    step: number,
  ): boolean {
    const part = weights.subarray(offsets[first]!, offsets[end]!)
    if (part.length > this.#weights.length || 2 * (end - first) > this.#places.length) return false
    this.#weights.set(part)
    for (let place = first, at = 0; place < end; place++) {
      this.#places[at++] = (places[2 * place]! - origin) * step
      this.#places[at++] = places[2 * place + 1]!
    }
    return true
  }
}

function fits(source: number, target: number): boolean {
  return source <= SOURCE.bytes && target <= TARGET.bytes
}

/** The inputs that some outputs take: the first, and behind the last. */
function span({ starts, lengths }: Windows, first: number, end: number): readonly [number, number] {
  let [from, to] = [starts[first]!, starts[first]!]
  for (let place = first; place < end; place++) {
    from = Math.min(from, starts[place]!)
    to = Math.max(to, starts[place]! + lengths[place]!)
  }
  return [from, to]
}
