import { compileWasm } from '../module.ts'
import { type Packed, type PackedFloats, pack, packFloats } from './pack.ts'
import { neighbours, plainPasses } from './reference.ts'
import type { FloatWindows, ImagePasses, Pairs, Windows } from './types.ts'
import { IMAGES_WASM } from './wasm.generated.ts'

/** What ../assembly/images.ts exports. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly columns1: Columns
  readonly columns3: Columns
  readonly floatColumns3: Columns
  readonly rows: Rows
  readonly floatRows: Rows
  linearColumns3(
    source: number,
    row: number,
    places: number,
    to: number,
    target: number,
    height: number,
  ): void
  linearRow(first: number, second: number, a: number, b: number, count: number, target: number): void
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

type Rows = (
  source: number,
  row: number,
  places: number,
  weights: number,
  count: number,
  target: number,
) => void

/** Parts of the kernels' memory, with room behind each for what whole vectors read and write beyond the end. */
const PLACES = { at: 0x1_0000, bytes: 0x4_0000 } as const
const WEIGHTS = { at: 0x5_0000, bytes: 0x10_0000 } as const
const SOURCE = { at: 0x16_0000, bytes: 0x30_0000 } as const
const TARGET = { at: 0x48_0000, bytes: 0x30_0000 } as const
/** Sums of `linear`. */
const LINES = { at: 0x7a_0000, bytes: 0x30_0000 } as const
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
  readonly #floats: Float32Array

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    const { buffer } = kernels.memory
    this.#bytes = new Uint8Array(buffer)
    this.#places = new Int32Array(buffer, PLACES.at, PLACES.bytes / 4)
    this.#weights = new Int16Array(buffer, WEIGHTS.at, WEIGHTS.bytes / 2)
    this.#floats = new Float32Array(buffer)
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

  floatColumns(
    source: Uint8Array,
    channels: number,
    windows: FloatWindows,
    target: Float32Array,
    height: number,
  ): void {
    const packed = packFloats(windows)
    const fitting = fits(source.length, target.length * 4) && channels === 3
    if (!fitting || !this.#take(packed, 0, windows.to, 0, channels)) {
      plainPasses.floatColumns(source, channels, windows, target, height)
      return
    }
    this.#bytes.set(source, SOURCE.at)
    const { floatColumns3 } = this.#kernels
    floatColumns3(SOURCE.at, windows.from * channels, PLACES.at, WEIGHTS.at, windows.to, TARGET.at, height)
    target.set(this.#floats.subarray(TARGET.at / 4, TARGET.at / 4 + height * windows.to * channels))
  }

  floatRows(
    source: Float32Array,
    row: number,
    windows: FloatWindows,
    target: Float32Array,
    first: number,
    end: number,
  ): void {
    const [from, to] = span(windows, first, end)
    const count = end - first
    const fitting = fits((to - from) * row * 4, count * row * 4)
    if (!fitting || !this.#take(packFloats(windows), first, end, from, row * 4)) {
      plainPasses.floatRows(source, row, windows, target, first, end)
      return
    }
    this.#floats.set(source.subarray(from * row, to * row), SOURCE.at / 4)
    this.#kernels.floatRows(SOURCE.at, row, PLACES.at, WEIGHTS.at, count, TARGET.at)
    target.set(this.#floats.subarray(TARGET.at / 4, TARGET.at / 4 + count * row), first * row)
  }

  linear(
    source: Uint8Array,
    channels: number,
    across: Pairs,
    down: Pairs,
    target: Uint8Array,
    first: number,
    end: number,
  ): void {
    const to = across.starts.length
    const [line, row] = [across.from * channels, to * channels]
    // Each output takes two rows, and the outputs of a strip are many.
    const most = Math.floor(Math.min(SOURCE.bytes / (2 * line), LINES.bytes / (8 * row), TARGET.bytes / row))
    if (channels !== 3 || most < 1 || 2 * to > this.#places.length) {
      plainPasses.linear(source, channels, across, down, target, first, end)
      return
    }
    for (let x = 0; x < to; x++) {
      this.#places[2 * x] = across.starts[x]! * channels
      this.#places[2 * x + 1] = (across.weights[2 * x]! & 0xffff) | (across.weights[2 * x + 1]! << 16)
    }
    for (let from = first; from < end; from += most) {
      this.#linearStrip(source, across, down, target, from, Math.min(end, from + most))
    }
  }

  /** Rows that the outputs need, once each, then the outputs. */
  #linearStrip(
    source: Uint8Array,
    across: Pairs,
    down: Pairs,
    target: Uint8Array,
    first: number,
    end: number,
  ): void {
    const [line, row] = [across.from * 3, across.starts.length * 3]
    const lines = new Map<number, number>()
    const lineAt = (y: number): number => {
      const at = lines.get(y) ?? lines.size
      if (at === lines.size) {
        lines.set(y, at)
        this.#bytes.set(source.subarray(y * line, (y + 1) * line), SOURCE.at + at * line)
      }
      return LINES.at + at * row * 4
    }
    const places = Array.from({ length: end - first }, (_, i) => neighbours(down, first + i).map(lineAt))
    const { linearColumns3, linearRow } = this.#kernels
    linearColumns3(SOURCE.at, line, PLACES.at, across.starts.length, LINES.at, lines.size)
    places.forEach(([above, below], i) => {
      const y = first + i
      const [a, b] = [down.weights[2 * y]!, down.weights[2 * y + 1]!]
      linearRow(above!, below!, a, b, row, TARGET.at + i * row)
    })
    target.set(this.#bytes.subarray(TARGET.at, TARGET.at + (end - first) * row), first * row)
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
    const floats = this.#floats
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
    { places, offsets, weights }: Packed | PackedFloats,
    first: number,
    end: number,
    origin: number,
    step: number,
  ): boolean {
    const part = weights.subarray(offsets[first]!, offsets[end]!)
    if (part.byteLength > WEIGHTS.bytes || 2 * (end - first) > this.#places.length) return false
    if (part instanceof Float32Array) this.#floats.set(part, WEIGHTS.at / 4)
    else this.#weights.set(part)
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
function span(
  { starts, lengths }: Omit<Windows, 'weights'>,
  first: number,
  end: number,
): readonly [number, number] {
  let [from, to] = [starts[first]!, starts[first]!]
  for (let place = first; place < end; place++) {
    from = Math.min(from, starts[place]!)
    to = Math.max(to, starts[place]! + lengths[place]!)
  }
  return [from, to]
}
