import { elementCount } from '../../core/index.ts'
import { integerOf, nameOf, type PickleNode } from '../pickle/index.ts'
import type { TensorQuantization } from '../types.ts'
import { type Backing, checkTensor, numbersOf } from './elements.ts'
import { fail, MAX_SCALES } from './limits.ts'
import { type StridedTensor, tensorOf } from './rebuild.ts'

/**
 * What torch's quantizer parameters say: `(torch.per_tensor_affine, scale, zero point)` or
 * `(torch.per_channel_affine, scales, zero points, axis)`, the lists as tensors or as lists.
 * Throws FORMAT_MALFORMED; undefined for a tensor that is not quantized.
 */
export async function quantizationOf(
  { quantizer, shape }: StridedTensor,
  backing: Backing,
  file: string,
): Promise<TensorQuantization | undefined> {
  if (!quantizer) return undefined
  const [scheme, first, second, third] = quantizer
  const name = scheme?.kind === 'global' ? nameOf(scheme).name : ''
  const [scale, zeroPoint] = [await valuesOf(first, backing, file), await valuesOf(second, backing, file)]
  if (scale && zeroPoint && name === 'per_tensor_affine' && scale.length === 1 && zeroPoint.length === 1)
    return { scheme: 'affine', scale, zeroPoint }
  const axis = integerOf(third)
  const channels = axis === undefined ? undefined : shape[axis]
  const perChannel = name === 'per_channel_affine' || name === 'per_channel_affine_float_qparams'
  if (scale && zeroPoint && axis !== undefined && perChannel)
    if (scale.length === channels && zeroPoint.length === channels)
      return { scheme: 'affine', scale, zeroPoint, axis }
  throw fail.malformed(
    { name: file },
    `a quantizer of the scheme '${name.slice(0, 80)}' contradicts its tensor`,
  )
}

async function valuesOf(
  node: PickleNode | undefined,
  backing: Backing,
  file: string,
): Promise<readonly number[] | undefined> {
  if (node?.kind === 'list' || node?.kind === 'tuple') {
    if (node.items.length > MAX_SCALES) return undefined
    const numbers = node.items.map(numberOf)
    return numbers.every(number => number !== undefined) ? (numbers as number[]) : undefined
  }
  const number = numberOf(node)
  if (number !== undefined) return [number]
  const tensor = tensorOf(node, file)
  if (tensor?.kind !== 'strided' || elementCount(tensor.shape) > MAX_SCALES) return undefined
  checkTensor('scales', tensor, backing, file)
  return numbersOf(tensor, backing, MAX_SCALES)
}

/** A finite number: descriptions are JSON. */
function numberOf(node: PickleNode | undefined): number | undefined {
  const value = node?.kind === 'float' ? node.value : integerOf(node)
  return value !== undefined && Number.isFinite(value) ? value : undefined
}
