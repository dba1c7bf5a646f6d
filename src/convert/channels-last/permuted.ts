import { bytesPerElement, type Dtype, elementCount } from '../../core/index.ts'
import type { OnnxTensor } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { transpose } from './layout.ts'

/** A kernel: a weight that is not in the graph yet, or a value of it. */
export type Kernel = Value | OnnxTensor

const invalid = failing('CONVERT_INVALID', 'The file is cut off or was changed; save the model again.')

/** What one piece of a permuted weight holds. */
const PIECE_ELEMENTS = 256 * 1024

export function isWeight(kernel: Kernel): kernel is OnnxTensor {
  return 'data' in kernel
}

/**
 * A kernel with its axes in another order, and then another shape. Of a weight it is a weight again, permuted
 * when the model is written, with one weight in memory at a time.
 */
export function permuted(
  b: Emitter,
  kernel: Kernel,
  order: readonly number[],
  shape?: readonly number[],
): Value {
  const tensor = isWeight(kernel) ? kernel : kernel.tensor
  if (!tensor) {
    const moved = transpose(b, kernel as Value, order)
    return shape ? b.op('Reshape', [moved, b.ints(shape)], { types: [{ dtype: moved.dtype, shape }] }) : moved
  }
  const turned = shape ?? order.map(axis => tensor.shape[axis]!)
  return b.weight({ dtype: tensor.dtype, shape: turned, data: permutedData(tensor, order) }, tensor.name)
}

/** Equal for equal weights, so that a weight that is used twice is written once. */
const known = new WeakMap<object, Map<string, () => AsyncIterable<Uint8Array>>>()

function permutedData(tensor: OnnxTensor, order: readonly number[]): () => AsyncIterable<Uint8Array> {
  const { data } = tensor
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
async function elementsOf({ name, dtype, shape, data }: OnnxTensor): Promise<Words> {
  const width = bytesPerElement(dtype as Dtype)
  if (width === undefined || !(width in WORDS)) throw new TypeError(`Weights of ${dtype} are not permuted`)
  const bytes = new Uint8Array(elementCount(shape) * width)
  let at = 0
  for await (const piece of typeof data === 'function' ? data() : [data as Uint8Array]) {
    if (at + piece.byteLength > bytes.byteLength)
      throw invalid(`The weight '${name}' is longer than its shape says`)
    bytes.set(piece, at)
    at += piece.byteLength
  }
  if (at !== bytes.byteLength) throw invalid(`The weight '${name}' has ${at} of ${bytes.byteLength} bytes`)
  return new WORDS[width as keyof typeof WORDS](bytes.buffer)
}
