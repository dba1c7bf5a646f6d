import { elementCount } from '../../core/index.ts'
import type { OnnxTensor } from '../../formats/index.ts'
import { readWeight, widthOf } from './weights.ts'

/** What one piece of a permuted weight holds. */
const PIECE_ELEMENTS = 256 * 1024

/** Larger weights are not held in memory for a pass' sake: the runtime can permute them, too. */
const MAX_PERMUTED_BYTES = 64 * 1024 * 1024

/** Whether a pass may permute a weight: its elements are whole words, and not too many, or stay where they are. */
export function isPermutable(tensor: OnnxTensor, order: readonly number[]): boolean {
  if (keepsOrder(tensor.shape, order)) return true
  const width = widthOf(tensor)
  return width !== undefined && elementCount(tensor.shape) * width <= MAX_PERMUTED_BYTES
}

/** Whether only axes of one element change places, so that the elements stay in their order. */
export function keepsOrder(shape: readonly unknown[], order: readonly number[]): boolean {
  const moving = order.filter(axis => shape[axis] !== 1)
  return moving.every((axis, i) => i === 0 || moving[i - 1]! < axis)
}

/** Equal for equal weights, so that a weight that is used twice is written once. */
const known = new WeakMap<object, Map<string, () => AsyncIterable<Uint8Array>>>()

/**
 * A weight's elements with its axes in another order; permuted when the model is written, with one weight in memory
 * at a time.
 */
export function permutedData(tensor: OnnxTensor, order: readonly number[]): OnnxTensor['data'] {
  const { data } = tensor
  if (keepsOrder(tensor.shape, order)) return data
  const ways = known.get(data) ?? new Map<string, () => AsyncIterable<Uint8Array>>()
  known.set(data, ways)
  const key = `${tensor.shape.join()} ${order.join()}`
  const made = ways.get(key) ?? (() => permutedPieces(tensor, order))
  ways.set(key, made)
  return made
}

async function* permutedPieces(tensor: OnnxTensor, order: readonly number[]): AsyncGenerator<Uint8Array> {
  const elements = await elementsOf(tensor)
  const sizes = order.map(axis => tensor.shape[axis]!)
  const strides = stridesOf(tensor.shape)
  const steps = order.map(axis => strides[axis]!)
  for (let from = 0; from < elements.length; from += PIECE_ELEMENTS) {
    const piece = elements.slice(from, from + PIECE_ELEMENTS)
    gather(elements, piece, from, sizes, steps)
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** Fills `piece` with elements `from` … of the permuted tensor. */
function gather(
  elements: Words,
  piece: Words,
  from: number,
  sizes: readonly number[],
  steps: readonly number[],
): void {
  const rank = sizes.length
  const index = indexOf(from, sizes)
  let at = index.reduce((sum, n, axis) => sum + n * steps[axis]!, 0)
  for (let i = 0; i < piece.length; i++) {
    piece[i] = elements[at]!
    for (let axis = rank - 1; axis >= 0; axis--) {
      at += steps[axis]!
      if (++index[axis]! < sizes[axis]!) break
      at -= steps[axis]! * sizes[axis]!
      index[axis] = 0
    }
  }
}

function indexOf(position: number, sizes: readonly number[]): number[] {
  const index: number[] = []
  let rest = position
  for (const size of sizes.toReversed()) {
    index.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return index
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
}

const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const

/** All elements, as words of their size. Throws CONVERT_INVALID where there are more or fewer than the shape says. */
async function elementsOf(tensor: OnnxTensor): Promise<Words> {
  const { buffer } = await readWeight(tensor)
  return new WORDS[widthOf(tensor) as keyof typeof WORDS](buffer)
}
