import type { OnnxTensor } from '../../formats/index.ts'
import { permutedData } from '../graph/permute.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { transpose } from './layout.ts'

/** A kernel: a weight that is not in the graph yet, or a value of it. */
export type Kernel = Value | OnnxTensor

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
