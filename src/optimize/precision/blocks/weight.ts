import { elementCount } from '../../../core/index.ts'
import type { OnnxTensor } from '../../../formats/index.ts'
import { type Block, weightPasses } from '../../../kernels/index.ts'
import type { Workspace } from '../../ports.ts'
import { bytesOf, checkFinite, floatsOf } from '../floats.ts'
import { Joined, unbounded } from '../joined.ts'
import { giveBytes, takeBytes } from '../scratch.ts'

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
/** The zero point of a block of four bits that is not there. */
const MIDDLE = 8

/**
 * `name` + `_Q4` or `_Q8`, `_scales` and `_zero_points`. What one pass over the matrix makes is kept, in memory or in
 * the workspace's file, until each was read once. Throws OPTIMIZE_UNSUPPORTED, while it is read, for NaN and infinity.
 */
export function blockWeight(
  tensor: OnnxTensor,
  name: string,
  plan: BlockPlan,
  workspace: Workspace = unbounded,
): BlockWeight {
  const { inputs, outputs } = sidesOf(tensor, plan.turned)
  const blocks = Math.ceil(inputs / plan.size)
  const { bits, size, asymmetric } = plan
  // A tile as it is read, and what becomes of it.
  workspace.need(8 * tileNumbers(tensor, plan), `the blocks of '${tensor.name}'`)
  const once = new Once(() => quantize(tensor, plan, workspace), asymmetric ? 3 : 2)
  const bytes = bits === 4 ? Math.ceil(blocks / 2) : blocks
  return {
    quantized: {
      name: `${name}_Q${bits}`,
      dtype: 'uint8',
      shape: [outputs, blocks, (size * bits) / 8],
      data: () => once.take(({ packed }) => cleared(packed.pieces(), inputs, plan)),
    },
    scales: {
      name: `${name}_scales`,
      dtype: 'float32',
      shape: [outputs, blocks],
      data: () => once.take(({ scales }) => scales.pieces()),
    },
    ...(asymmetric && {
      zeroPoints: {
        name: `${name}_zero_points`,
        dtype: 'uint8',
        shape: [outputs, bytes],
        data: () =>
          once.take(({ zeroPoints }) =>
            bits === 4 ? packedZeros(zeroPoints.pieces(), blocks) : zeroPoints.pieces(),
          ),
      },
    }),
  }
}

/** What one pass over the numbers gives: by outputs, of each its blocks in order. */
interface Made {
  readonly packed: Joined
  readonly scales: Joined
  readonly zeroPoints: Joined
}

/** Made when a part is first read, and let go when every part was. */
class Once {
  readonly #make: () => Promise<Made>
  readonly #parts: number
  #made: Promise<Made> | undefined
  #left = 0

  constructor(make: () => Promise<Made>, parts: number) {
    this.#make = make
    this.#parts = parts
  }

  async *take(part: (made: Made) => AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
    if (!this.#made) {
      this.#made = this.#make()
      this.#left = this.#parts
    }
    const made = await this.#made
    yield* part(made)
    if (--this.#left > 0) return
    this.#made = undefined
    for (const each of [made.packed, made.scales, made.zeroPoints]) await each.close()
  }
}

async function quantize(tensor: OnnxTensor, plan: BlockPlan, workspace: Workspace): Promise<Made> {
  // What is read by outputs lies as it will be written: one row of everything.
  const rows = plan.turned ? 1 : sidesOf(tensor, false).outputs
  const made = {
    packed: new Joined(rows, workspace),
    scales: new Joined(rows, workspace),
    zeroPoints: new Joined(rows, workspace),
  }
  try {
    for await (const tile of tilesOf(tensor, tileNumbers(tensor, plan))) await add(tensor, plan, tile, made)
  } catch (cause) {
    for (const each of Object.values(made)) await each.close()
    throw cause
  }
  return made
}

/** Numbers of a tile: whole blocks of every output, or every block of some outputs. */
function tileNumbers(tensor: OnnxTensor, { turned, size }: BlockPlan): number {
  const { inputs, outputs } = sidesOf(tensor, turned)
  const least = turned ? inputs : size * outputs
  return least * Math.max(1, Math.floor(TILE_BYTES / (4 * least)))
}

async function add(tensor: OnnxTensor, plan: BlockPlan, tile: Float32Array, made: Made): Promise<void> {
  const { inputs, outputs } = sidesOf(tensor, plan.turned)
  const { bits, size, asymmetric } = plan
  const passes = weightPasses()
  // The last rows may be no whole block.
  const numbers = plan.turned ? tile : padded(tile, size * outputs)
  const blocks = plan.turned ? (tile.length / inputs) * Math.ceil(inputs / size) : numbers.length / size
  const packed = takeBytes((blocks * size * bits) / 8)
  const scales = floatsIn(takeBytes(4 * blocks))
  const zeroPoints = takeBytes(asymmetric ? blocks : 0)
  const given = [{ bits, size, asymmetric }, packed, scales, zeroPoints] as const
  const finite = plan.turned
    ? passes.turnedBlocks(numbers, inputs, ...given)
    : passes.blocks(numbers, outputs, ...given)
  if (!finite) checkFinite(tensor, ...passes.range(numbers))
  await made.packed.add(packed)
  await made.scales.add(bytesOf(scales))
  if (asymmetric) await made.zeroPoints.add(zeroPoints)
}

/** `length` numbers at a time; at the end, what is left. */
async function* tilesOf(tensor: OnnxTensor, length: number): AsyncGenerator<Float32Array, void> {
  const room = takeBytes(4 * Math.min(length, elementCount(tensor.shape)))
  const tile = floatsIn(room)
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
  giveBytes(room)
}

function floatsIn({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4)
}

/** With zeros up to a multiple of `unit`. */
function padded(numbers: Float32Array, unit: number): Float32Array {
  const length = Math.ceil(numbers.length / unit) * unit
  if (numbers.length === length) return numbers
  const whole = new Float32Array(length)
  whole.set(numbers)
  return whole
}

/** Bytes of the last block beyond the matrix are 0, as onnxruntime leaves them. Pieces are whole outputs, or of one. */
async function* cleared(
  pieces: AsyncGenerator<Uint8Array, void>,
  inputs: number,
  { bits, size }: BlockPlan,
): AsyncGenerator<Uint8Array, void> {
  const used = Math.ceil((inputs * bits) / 8)
  const row = (Math.ceil(inputs / size) * size * bits) / 8
  let at = 0
  for await (const piece of pieces) {
    if (used < row)
      for (let start = -(at % row); start < piece.length; start += row)
        piece.fill(0, Math.max(0, start + used), Math.max(0, start + row))
    at += piece.length
    yield piece
  }
}

/** Two in a byte, the first in the lower half. */
async function* packedZeros(
  pieces: AsyncGenerator<Uint8Array, void>,
  blocks: number,
): AsyncGenerator<Uint8Array, void> {
  let at = 0
  let lower = 0
  for await (const piece of pieces) {
    const packed = new Uint8Array(Math.ceil((piece.length + 1) / 2) + Math.ceil(piece.length / blocks))
    let count = 0
    for (const zero of piece) {
      const place = at++ % blocks
      if (place % 2 === 0) lower = zero
      else packed[count++] = lower | (zero << 4)
      if (place % 2 === 0 && place === blocks - 1) packed[count++] = lower | (MIDDLE << 4)
    }
    yield packed.subarray(0, count)
  }
}
