import { compileWasm } from '../module.ts'
import { plainWeightPasses } from './reference.ts'
import type { Block, ColumnGrids, Int8Grid, WeightPasses } from './types.ts'
import { WEIGHTS_WASM } from './wasm.generated.ts'

/** What ../assembly/weights.ts exports. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  range(source: number, count: number, to: number): void
  columnRanges(source: number, count: number, least: number, greatest: number): void
  int8(
    source: number,
    count: number,
    scale: number,
    zeroPoint: number,
    least: number,
    greatest: number,
    target: number,
  ): void
  columnInt8(
    source: number,
    count: number,
    scales: number,
    zeroPoints: number,
    least: number,
    greatest: number,
    target: number,
  ): void
  blocks(
    source: number,
    row: number,
    size: number,
    bits: number,
    asymmetric: number,
    packed: number,
    step: number,
    scales: number,
    zeros: number,
  ): void
  float16(source: number, count: number, target: number): void
  bfloat16(source: number, count: number, target: number): void
}

/** Parts of the kernels' memory, with room behind each for whole vectors: two megabytes of numbers, and as many of each other. */
const NUMBERS = 512 * 1024
const SOURCE = 0x1_0000
const TARGET = SOURCE + 4 * NUMBERS + 1024
const FIRST = TARGET + 4 * NUMBERS + 1024
const SECOND = FIRST + 4 * NUMBERS + 1024
/** Fewer columns are repeated side by side up to so many: a call for each row of ten would cost more than its work. */
const WIDE = 4096

/** Passes by WASM SIMD; undefined where the engine has none. */
export function wasmWeightPasses(): WeightPasses | undefined {
  const kernels = compileWasm(WEIGHTS_WASM)?.() as Kernels | undefined
  return kernels && new WasmPasses(kernels)
}

class WasmPasses implements WeightPasses {
  readonly #kernels: Kernels
  readonly #bytes: Uint8Array
  readonly #floats: Float32Array
  readonly #ints: Int32Array

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    const { buffer } = kernels.memory
    this.#bytes = new Uint8Array(buffer)
    this.#floats = new Float32Array(buffer)
    this.#ints = new Int32Array(buffer)
  }

  range(numbers: Float32Array): readonly [number, number] {
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      const part = numbers.subarray(at, at + NUMBERS)
      this.#floats.set(part, SOURCE / 4)
      const end = SOURCE / 4 + part.length
      this.#floats.fill(part[0]!, end, end + 8)
      this.#kernels.range(SOURCE, part.length, FIRST)
      const found = this.#floats.subarray(FIRST / 4, FIRST / 4 + 8)
      least = Math.min(least, ...found.subarray(0, 4))
      greatest = Math.max(greatest, ...found.subarray(4))
    }
    return [least, greatest]
  }

  columnRanges(numbers: Float32Array, first: number, least: Float32Array, greatest: Float32Array): void {
    const columns = least.length
    const width = columns * Math.max(1, Math.floor(WIDE / columns))
    const repeats = numbers.length > 4 * width ? width / columns : 1
    if (repeats === 1 && columns < 64) {
      plainWeightPasses.columnRanges(numbers, first, least, greatest)
      return
    }
    const [low, high] = [repeated(least, repeats), repeated(greatest, repeats)]
    for (const { at, column, count } of runs(numbers.length, first, low.length)) {
      this.#floats.set(numbers.subarray(at, at + count), SOURCE / 4)
      this.#floats.set(low.subarray(column, column + count), FIRST / 4)
      this.#floats.set(high.subarray(column, column + count), SECOND / 4)
      this.#kernels.columnRanges(SOURCE, count, FIRST, SECOND)
      low.set(this.#floats.subarray(FIRST / 4, FIRST / 4 + count), column)
      high.set(this.#floats.subarray(SECOND / 4, SECOND / 4 + count), column)
    }
    for (let i = 0; i < low.length; i++) {
      least[i % columns] = Math.min(least[i % columns]!, low[i]!)
      greatest[i % columns] = Math.max(greatest[i % columns]!, high[i]!)
    }
  }

  int8(numbers: Float32Array, { scale, zeroPoint, least, greatest }: Int8Grid, target: Uint8Array): void {
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      const part = numbers.subarray(at, at + NUMBERS)
      this.#floats.set(part, SOURCE / 4)
      this.#kernels.int8(SOURCE, part.length, scale, zeroPoint, least, greatest, TARGET)
      target.set(this.#bytes.subarray(TARGET, TARGET + part.length), at)
    }
  }

  columnInt8(numbers: Float32Array, first: number, grids: ColumnGrids, target: Uint8Array): void {
    const { least, greatest } = grids
    const columns = grids.scales.length
    const repeats = Math.max(1, Math.floor(WIDE / columns))
    const scales = repeated(grids.scales, repeats)
    const zeroPoints = repeated(Float32Array.from(grids.zeroPoints), repeats)
    let held = -1
    for (const { at, column, count } of runs(numbers.length, first, scales.length)) {
      this.#floats.set(numbers.subarray(at, at + count), SOURCE / 4)
      // Whole rows are the rule: then scales and zero points stay where they are.
      if (held !== column) {
        this.#floats.set(scales.subarray(column, column + NUMBERS), FIRST / 4)
        this.#floats.set(zeroPoints.subarray(column, column + NUMBERS), SECOND / 4)
        held = column
      }
      this.#kernels.columnInt8(SOURCE, count, FIRST, SECOND, least, greatest, TARGET)
      target.set(this.#bytes.subarray(TARGET, TARGET + count), at)
    }
  }

  blocks(
    numbers: Float32Array,
    columns: number,
    block: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): void {
    const { bits, size, asymmetric } = block
    const count = numbers.length / (columns * size)
    const bytes = (size * bits) / 8
    // Columns side by side whose block fits: fours of them.
    const stripe = Math.floor(NUMBERS / size / 4) * 4
    if (stripe === 0) {
      plainWeightPasses.blocks(numbers, columns, block, packed, scales, zeroPoints)
      return
    }
    for (let b = 0; b < count; b++) {
      for (let from = 0; from < columns; from += stripe) {
        const width = Math.min(stripe, columns - from)
        const padded = Math.ceil(width / 4) * 4
        this.#load(numbers, columns, b * size, size, from, width, padded)
        for (let c = 0; c < padded; c += 4) {
          this.#kernels.blocks(
            SOURCE + 4 * c,
            4 * padded,
            size,
            bits,
            asymmetric ? 1 : 0,
            TARGET + c * bytes,
            bytes,
            FIRST + 4 * c,
            SECOND + 4 * c,
          )
        }
        for (let c = 0; c < width; c++) {
          const at = (from + c) * count + b
          packed.set(this.#bytes.subarray(TARGET + c * bytes, TARGET + (c + 1) * bytes), at * bytes)
          scales[at] = this.#floats[FIRST / 4 + c]!
          if (asymmetric) zeroPoints[at] = this.#ints[SECOND / 4 + c]!
        }
      }
    }
  }

  float16(numbers: Float32Array, target: Uint16Array): void {
    this.#halves(numbers, target, this.#kernels.float16)
  }

  bfloat16(numbers: Float32Array, target: Uint16Array): void {
    this.#halves(numbers, target, this.#kernels.bfloat16)
  }

  #halves(numbers: Float32Array, target: Uint16Array, kernel: Kernels['float16']): void {
    const made = new Uint16Array(this.#kernels.memory.buffer, TARGET, NUMBERS)
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      const part = numbers.subarray(at, at + NUMBERS)
      this.#floats.set(part, SOURCE / 4)
      kernel(SOURCE, part.length, TARGET)
      target.set(made.subarray(0, part.length), at)
    }
  }

  /** `size` rows from `row` on, `width` columns of each, side by side with room for `padded`. */
  #load(
    numbers: Float32Array,
    columns: number,
    row: number,
    size: number,
    from: number,
    width: number,
    padded: number,
  ): void {
    for (let i = 0; i < size; i++) {
      const at = (row + i) * columns + from
      this.#floats.set(numbers.subarray(at, at + width), SOURCE / 4 + i * padded)
    }
  }
}

/** Numbers that lie within one row, in order, at most `NUMBERS` each. */
function* runs(
  length: number,
  first: number,
  columns: number,
): Generator<{ readonly at: number; readonly column: number; readonly count: number }, void> {
  let column = first
  for (let at = 0; at < length; ) {
    const count = Math.min(columns - column, length - at, NUMBERS)
    yield { at, column, count }
    at += count
    column = (column + count) % columns
  }
}

function repeated(numbers: Float32Array, times: number): Float32Array {
  const all = new Float32Array(numbers.length * times)
  for (let i = 0; i < times; i++) all.set(numbers, i * numbers.length)
  return all
}
