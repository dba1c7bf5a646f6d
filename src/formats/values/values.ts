import { failuresOf } from '../errors.ts'
import type { OpenModel, ReadOptions } from '../ports.ts'
import type { TensorInfo } from '../types.ts'
import { dequantizerOf } from './affine.ts'
import { decoderOf } from './decode.ts'
import type { Numbers } from './plain.ts'

const fail = failuresOf('tensor values', 'Read its bytes or text instead.')

/** Numbers for each element: a complex one has two. */
export function numbersPerElement({ dtype }: TensorInfo): 1 | 2 {
  return dtype === 'complex64' || dtype === 'complex128' ? 2 : 1
}

/**
 * The numbers that a tensor stands for, in C order, in pieces: decoded, ggml's blocks dequantized, an affine
 * quantization undone. Memory is bounded by a piece and its decoded numbers (16 times as many bytes at most).
 * Throws FORMAT_UNSUPPORTED for what holds no numbers, and what `readTensor` throws.
 */
export async function* valuesOf(
  model: OpenModel,
  info: TensorInfo,
  options?: ReadOptions,
): AsyncGenerator<Numbers, void> {
  const decode = decoderOf(info.dtype)
  if (!decode)
    throw fail.unsupported({ name: info.name }, `elements of the type ${info.dtype} are no numbers`)
  const dequantize = dequantizerOf(info)
  let left = info.elements * numbersPerElement(info)
  for await (const piece of model.readTensor(info.name, options)) {
    // The last byte of a packed type may hold more codes than there are elements.
    const decoded = decode(piece)
    const numbers = decoded.length <= left ? decoded : decoded.subarray(0, left)
    left -= numbers.length
    yield dequantize ? dequantize(numbers) : numbers
  }
}
