import type { OnnxTensor } from '../../../formats/index.ts'
import { type Block, weightPasses } from '../../../kernels/index.ts'
import { bytesOf, checkFinite, floatsOf } from '../floats.ts'

export interface BlockPlan extends Block {
  /** The matrix has outputs as its rows, as a Gemm with transB takes it; else as its columns. */
  readonly turned: boolean
}

/** A matrix in blocks, as MatMulNBits takes it: computed from the float32 one when it is read. */
export interface BlockWeight {
  /** uint8 [outputs, blocks, size · bits / 8]. */
  readonly quantized: OnnxTensor
  /** float32 [outputs, blocks]. */
  readonly scales: OnnxTensor
  /** Of asymmetric ones: uint8 [outputs, blocks], of four bits [outputs, ceil(blocks / 2)]. */
  readonly zeroPoints?: OnnxTensor
}

/** Inputs and outputs of a matrix. */
export function sidesOf({ shape }: OnnxTensor, turned: boolean): { inputs: number; outputs: number } {
  const [first = 1, second = 1] = shape
  return turned ? { inputs: second, outputs: first } : { inputs: first, outputs: second }
}

/** Bytes of numbers that are quantized together, where one block of every column does not take more. */
const TILE_BYTES = 8 * 1024 * 1024
const PIECE_BYTES = 1024 * 1024
/** The zero point of a block of four bits that is not there. */
const MIDDLE = 8

/**
 * `name` + `_Q4` or `_Q8`, `_scales` and `_zero_points`. An eighth of the float32 matrix (a quarter) is held while it is read. Throws
 * OPTIMIZE_UNSUPPORTED, while it is read, for NaN and infinity.
 */
export function blockWeight(tensor: OnnxTensor, name: string, plan: BlockPlan): BlockWeight {
  const { inputs, outputs } = sidesOf(tensor, plan.turned)
  const blocks = Math.ceil(inputs / plan.size)
  const { bits, size } = plan
  const held = new Held(() => quantize(tensor, plan, outputs, blocks))
  return {
    quantized: {
      name: `${name}_Q${bits}`,
      dtype: 'uint8',
      shape: [outputs, blocks, (size * bits) / 8],
      async *data() {
        const packed = await held.takePacked()
        for (let at = 0; at < packed.length; at += PIECE_BYTES) yield packed.subarray(at, at + PIECE_BYTES)
      },
    },
    scales: {
      name: `${name}_scales`,
      dtype: 'float32',
      shape: [outputs, blocks],
      async *data() {
        yield bytesOf((await held.grids()).scales)
      },
    },
    ...(plan.asymmetric && {
      zeroPoints: {
        name: `${name}_zero_points`,
        dtype: 'uint8',
        shape: [outputs, bits === 4 ? Math.ceil(blocks / 2) : blocks],
        async *data() {
          const { zeroPoints } = await held.grids()
          yield bits === 4 ? packedZeros(zeroPoints, outputs, blocks) : zeroPoints
        },
      },
    }),
  }
}

interface Grids {
  readonly scales: Float32Array
  readonly zeroPoints: Uint8Array
}

/** What one pass over the numbers gives: the packed ones are let go when they were taken, the grids stay. */
class Held {
  readonly #compute: () => Promise<Target>
  #grids: Grids | undefined
  #packed: Uint8Array | undefined

  constructor(compute: () => Promise<Target>) {
    this.#compute = compute
  }

  async grids(): Promise<Grids> {
    return this.#grids ?? (await this.#run())
  }

  async takePacked(): Promise<Uint8Array> {
    const packed = this.#packed ?? (await this.#run()).packed
    this.#packed = undefined
    return packed
  }

  async #run(): Promise<Target> {
    const made = await this.#compute()
    this.#grids = { scales: made.scales, zeroPoints: made.zeroPoints }
    this.#packed = made.packed
    return made
  }
}

interface Target extends Grids {
  readonly packed: Uint8Array
}

async function quantize(
  tensor: OnnxTensor,
  plan: BlockPlan,
  outputs: number,
  blocks: number,
): Promise<Target> {
  const row = (plan.size * plan.bits) / 8
  const target = {
    packed: new Uint8Array(outputs * blocks * row),
    scales: new Float32Array(outputs * blocks),
    zeroPoints: new Uint8Array(outputs * blocks),
  }
  if (plan.turned) await byOutputs(tensor, plan, blocks, target)
  else await byInputs(tensor, plan, outputs, blocks, target)
  clearRest(target.packed, Math.ceil((sidesOf(tensor, plan.turned).inputs * plan.bits) / 8), blocks * row)
  return target
}

/** Bytes of the last block beyond the matrix are 0, as onnxruntime leaves them. */
function clearRest(packed: Uint8Array, used: number, row: number): void {
  if (used === row) return
  for (let start = 0; start < packed.length; start += row) packed.fill(0, start + used, start + row)
}

/** [inputs, outputs]: so many rows at a time, a whole number of blocks. */
async function byInputs(
  tensor: OnnxTensor,
  plan: BlockPlan,
  outputs: number,
  blocks: number,
  target: Target,
): Promise<void> {
  const { size, bits } = plan
  const rows = size * Math.max(1, Math.floor(TILE_BYTES / (4 * outputs * size)))
  let first = 0
  for await (const tile of tilesOf(tensor, rows * outputs)) {
    const count = Math.ceil(tile.length / outputs / size)
    const made = blocksOf(tensor, padded(tile, count * size * outputs), outputs, plan, count)
    const bytes = (count * size * bits) / 8
    for (let output = 0; output < outputs; output++) {
      const [from, to] = [output * count, output * blocks + first]
      target.packed.set(made.packed.subarray(output * bytes, (output + 1) * bytes), (to * size * bits) / 8)
      target.scales.set(made.scales.subarray(from, from + count), to)
      target.zeroPoints.set(made.zeroPoints.subarray(from, from + count), to)
    }
    first += count
  }
}

/** [outputs, inputs]: so many outputs at a time, turned. */
async function byOutputs(tensor: OnnxTensor, plan: BlockPlan, blocks: number, target: Target): Promise<void> {
  const { inputs } = sidesOf(tensor, true)
  const rows = Math.max(1, Math.floor(TILE_BYTES / (4 * inputs)))
  let first = 0
  for await (const tile of tilesOf(tensor, rows * inputs)) {
    const outputs = tile.length / inputs
    const turned = new Float32Array(blocks * plan.size * outputs)
    for (let output = 0; output < outputs; output++)
      for (let input = 0; input < inputs; input++)
        turned[input * outputs + output] = tile[output * inputs + input]!
    const made = blocksOf(tensor, turned, outputs, plan, blocks)
    target.packed.set(made.packed, (first * blocks * plan.size * plan.bits) / 8)
    target.scales.set(made.scales, first * blocks)
    target.zeroPoints.set(made.zeroPoints, first * blocks)
    first += outputs
  }
}

function blocksOf(
  tensor: OnnxTensor,
  numbers: Float32Array,
  columns: number,
  { bits, size, asymmetric }: BlockPlan,
  count: number,
): Target {
  const passes = weightPasses()
  checkFinite(tensor, ...passes.range(numbers))
  const made = {
    packed: new Uint8Array((numbers.length * bits) / 8),
    scales: new Float32Array(columns * count),
    zeroPoints: new Uint8Array(columns * count),
  }
  passes.blocks(numbers, columns, { bits, size, asymmetric }, made.packed, made.scales, made.zeroPoints)
  return made
}

/** `length` numbers at a time; at the end, what is left. */
async function* tilesOf(tensor: OnnxTensor, length: number): AsyncGenerator<Float32Array, void> {
  const tile = new Float32Array(length)
  let filled = 0
  for await (const numbers of floatsOf(tensor)) {
    for (let at = 0; at < numbers.length; ) {
      const part = numbers.subarray(at, at + length - filled)
      tile.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < length) continue
      yield tile
      filled = 0
    }
  }
  if (filled > 0) yield tile.subarray(0, filled)
}

function padded(numbers: Float32Array, length: number): Float32Array {
  if (numbers.length === length) return numbers
  const whole = new Float32Array(length)
  whole.set(numbers)
  return whole
}

/** Two in a byte, the first in the lower half. */
function packedZeros(zeroPoints: Uint8Array, outputs: number, blocks: number): Uint8Array {
  const half = Math.ceil(blocks / 2)
  const packed = new Uint8Array(outputs * half)
  for (let output = 0; output < outputs; output++)
    for (let b = 0; b < blocks; b += 2) {
      const upper = b + 1 < blocks ? zeroPoints[output * blocks + b + 1]! : MIDDLE
      packed[output * half + b / 2] = zeroPoints[output * blocks + b]! | (upper << 4)
    }
  return packed
}
