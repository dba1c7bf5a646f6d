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
    columns: number,
    size: number,
    bits: number,
    asymmetric: number,
    packed: number,
    step: number,
    scales: number,
    zeros: number,
    count: number,
  ): number
  turn(source: number, from: number, rows: number, columns: number, target: number, to: number): void
  float16(source: number, count: number, target: number): void
  bfloat16(source: number, count: number, target: number): void
}

/**
 * Parts of the kernels' memory, with room behind each for whole vectors: pieces that are read into it, two megabytes of
 * numbers, and as many of each other.
 */
const ROOM = 0x1_0000
const ROOM_BYTES = 2 * (1024 * 1024 + 1024)
const NUMBERS = 512 * 1024
const SOURCE = ROOM + ROOM_BYTES
const PART_BYTES = 4 * NUMBERS + 1024
const TARGET = SOURCE + PART_BYTES
const FIRST = TARGET + PART_BYTES
const SECOND = FIRST + PART_BYTES
/** Fewer columns are repeated side by side up to so many: a call for each row of ten would cost more than its work. */
const WIDE = 4096

/**
 * Rows a multiple of so many numbers apart all want the same few lines of a CPU's nearest cache, and put each other
 * out: 4096 columns went at 1.9 GB/s, 4112 at 12.
 */
const CROWDED = 128
const GAP = 16
/** Outputs that are turned together at most, how far apart their rows are then, and where: behind what they are made of. */
const STRIPE = 512
const APART = STRIPE + GAP
const TURNED = SOURCE + 2 * NUMBERS

/** Passes by WASM SIMD; undefined where the engine has none. */
export function wasmWeightPasses(): WeightPasses | undefined {
  const kernels = compileWasm(WEIGHTS_WASM)?.() as Kernels | undefined
  return kernels && new WasmPasses(kernels)
}

class WasmPasses implements WeightPasses {
  readonly room: Uint8Array
  readonly #kernels: Kernels
  readonly #bytes: Uint8Array
  readonly #floats: Float32Array

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    const { buffer } = kernels.memory
    this.#bytes = new Uint8Array(buffer)
    this.#floats = new Float32Array(buffer)
    this.room = new Uint8Array(buffer, ROOM, ROOM_BYTES)
  }

  range(numbers: Float32Array): readonly [number, number] {
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const { at, count } of parts(numbers.length)) {
      this.#kernels.range(this.#place(numbers, at, count), count, FIRST)
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
    if ((repeats === 1 && columns < 64) || columns > NUMBERS) {
      plainWeightPasses.columnRanges(numbers, first, least, greatest)
      return
    }
    const all = columns * repeats
    for (let i = 0; i < repeats; i++) {
      this.#floats.set(least, FIRST / 4 + i * columns)
      this.#floats.set(greatest, SECOND / 4 + i * columns)
    }
    for (const { at, column, count } of runs(numbers.length, first, all))
      this.#kernels.columnRanges(
        this.#place(numbers, at, count),
        count,
        FIRST + 4 * column,
        SECOND + 4 * column,
      )
    for (let i = 0; i < all; i++) {
      least[i % columns] = Math.min(least[i % columns]!, this.#floats[FIRST / 4 + i]!)
      greatest[i % columns] = Math.max(greatest[i % columns]!, this.#floats[SECOND / 4 + i]!)
    }
  }

  int8(numbers: Float32Array, { scale, zeroPoint, least, greatest }: Int8Grid, target: Uint8Array): void {
    for (const { at, count } of parts(numbers.length)) {
      const source = this.#place(numbers, at, count)
      this.#kernels.int8(source, count, scale, zeroPoint, least, greatest, TARGET)
      target.set(this.#bytes.subarray(TARGET, TARGET + count), at)
    }
  }

  columnInt8(numbers: Float32Array, first: number, grids: ColumnGrids, target: Uint8Array): void {
    const { least, greatest } = grids
    const columns = grids.scales.length
    if (columns > NUMBERS) {
      plainWeightPasses.columnInt8(numbers, first, grids, target)
      return
    }
    const repeats = Math.max(1, Math.floor(WIDE / columns))
    for (let i = 0; i < repeats; i++) {
      this.#floats.set(grids.scales, FIRST / 4 + i * columns)
      this.#floats.set(grids.zeroPoints, SECOND / 4 + i * columns)
    }
    let held = 0
    let done = 0
    const take = (): void => {
      target.set(this.#bytes.subarray(TARGET, TARGET + held), done)
      done += held
      held = 0
    }
    for (const { at, column, count } of runs(numbers.length, first, columns * repeats)) {
      if (held + count > NUMBERS) take()
      const source = this.#place(numbers, at, count)
      const [scales, zeros] = [FIRST + 4 * column, SECOND + 4 * column]
      this.#kernels.columnInt8(source, count, scales, zeros, least, greatest, TARGET + held)
      held += count
    }
    take()
  }

  blocks(
    numbers: Float32Array,
    columns: number,
    block: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): boolean {
    const { size } = block
    const count = numbers.length / (columns * size)
    const stripe = this.#columnsFor(block, count)
    if (stripe < 4) return plainWeightPasses.blocks(numbers, columns, block, packed, scales, zeroPoints)
    let finite = true
    for (let from = 0; from < columns; from += stripe) {
      const width = Math.min(stripe, columns - from)
      for (let b = 0; b < count; b++) {
        const { source, row } = this.#block(numbers, columns, b * size, size, from, width)
        if (!this.#pack(source, row, width, block, b, count)) finite = false
      }
      this.#take(from * count, width * count, block, packed, scales, zeroPoints)
    }
    return finite
  }

  turnedBlocks(
    numbers: Float32Array,
    inputs: number,
    block: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): boolean {
    const { size } = block
    const outputs = numbers.length / inputs
    const count = Math.ceil(inputs / size)
    const most = Math.min(STRIPE, this.#columnsFor(block, count), NUMBERS / 2 / inputs)
    const stripe = Math.floor(most / 4) * 4
    if (stripe < 4) return plainWeightPasses.turnedBlocks(numbers, inputs, block, packed, scales, zeroPoints)
    let finite = true
    for (let from = 0; from < outputs; from += stripe) {
      const width = Math.min(stripe, outputs - from)
      this.#floats.set(numbers.subarray(from * inputs, (from + width) * inputs), SOURCE / 4)
      for (let b = 0; b < count; b++) {
        this.#kernels.turn(SOURCE + 4 * b * size, 4 * inputs, stripe, size, TURNED, 4 * APART)
        // Of the last block, what is beyond the matrix.
        const end = TURNED / 4 + size * APART
        this.#floats.fill(0, Math.min(end, TURNED / 4 + (inputs - b * size) * APART), end)
        if (!this.#pack(TURNED, 4 * APART, width, block, b, count)) finite = false
      }
      this.#take(from * count, width * count, block, packed, scales, zeroPoints)
    }
    return finite
  }

  /** Columns whose block fits, and all that becomes of them: fours of them. */
  #columnsFor({ bits, size }: Block, count: number): number {
    const most = Math.min(NUMBERS / size - GAP, (4 * NUMBERS) / (count * Math.max((size * bits) / 8, 4)))
    return Math.floor(most / 4) * 4
  }

  /** The block `b` of `count`, of `width` columns. */
  #pack(source: number, row: number, width: number, block: Block, b: number, count: number): boolean {
    const { bits, size, asymmetric } = block
    const bytes = (size * bits) / 8
    const [to, scales, zeros] = [TARGET + b * bytes, FIRST + 4 * b, SECOND + b]
    const { blocks } = this.#kernels
    return (
      blocks(source, row, width, size, bits, asymmetric ? 1 : 0, to, count * bytes, scales, zeros, count) !==
      0
    )
  }

  /** What became of `blocks` blocks, the first of them in the place `start`. */
  #take(
    start: number,
    blocks: number,
    { bits, size, asymmetric }: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): void {
    const bytes = (size * bits) / 8
    packed.set(this.#bytes.subarray(TARGET, TARGET + blocks * bytes), start * bytes)
    scales.set(this.#floats.subarray(FIRST / 4, FIRST / 4 + blocks), start)
    if (asymmetric) zeroPoints.set(this.#bytes.subarray(SECOND, SECOND + blocks), start)
  }

  float16(numbers: Float32Array, target: Uint16Array): void {
    this.#halves(numbers, target, this.#kernels.float16)
  }

  bfloat16(numbers: Float32Array, target: Uint16Array): void {
    this.#halves(numbers, target, this.#kernels.bfloat16)
  }

  #halves(numbers: Float32Array, target: Uint16Array, kernel: Kernels['float16']): void {
    const made = new Uint16Array(this.#kernels.memory.buffer, TARGET, NUMBERS)
    for (const { at, count } of parts(numbers.length)) {
      kernel(this.#place(numbers, at, count), count, TARGET)
      target.set(made.subarray(0, count), at)
    }
  }

  /** Where in the kernels' memory numbers lie: where they are already, or copied. */
  #place(numbers: Float32Array, at: number, count: number): number {
    if (numbers.buffer === this.#floats.buffer) return numbers.byteOffset + 4 * at
    this.#floats.set(numbers.subarray(at, at + count), SOURCE / 4)
    return SOURCE
  }

  /** `size` rows from `row` on, `width` columns of each; how many bytes their rows are apart. */
  #block(
    numbers: Float32Array,
    columns: number,
    row: number,
    size: number,
    from: number,
    width: number,
  ): { readonly source: number; readonly row: number } {
    if (width === columns && columns % CROWDED !== 0)
      return { source: this.#place(numbers, row * columns, size * columns), row: 4 * columns }
    const apart = width % CROWDED === 0 ? width + GAP : width
    for (let i = 0; i < size; i++) {
      const at = (row + i) * columns + from
      this.#floats.set(numbers.subarray(at, at + width), SOURCE / 4 + i * apart)
    }
    return { source: SOURCE, row: 4 * apart }
  }
}

/** Numbers that the memory holds at once. */
function* parts(length: number): Generator<{ readonly at: number; readonly count: number }, void> {
  for (let at = 0; at < length; at += NUMBERS) yield { at, count: Math.min(NUMBERS, length - at) }
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
