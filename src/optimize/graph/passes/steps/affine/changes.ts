import { elementCount } from '../../../../../core/index.ts'
import type { OnnxTensor } from '../../../../../formats/index.ts'
import type { Node } from '../../world/types.ts'
import type { World } from '../../world/world.ts'
import { floatOf, intOf } from '../read.ts'
import { combined, mapped, numbersOf } from './numbers.ts'
import type { Product } from './products.ts'
import type { Affine } from './types.ts'

/** What a node does to the channels of a product, where that is all it does. */
export function affineOf(world: World, node: Node, product: Product): Affine | undefined {
  if (node.op === 'BatchNormalization') return normalization(world, node, product)
  return arithmetic(world, node, product)
}

/** Before opset 9 it had `spatial`, 0 for one scale for each place; what it gives while training is never folded. */
function normalization(world: World, node: Node, { axis, rank, layout }: Product): Affine | undefined {
  if (axis !== 1 && rank !== 2) return undefined
  if (intOf(node, 'training_mode', 0) !== 0 || intOf(node, 'spatial', 1) === 0) return undefined
  if (node.outputs.some((output, i) => i > 0 && world.isUsed(output))) return undefined
  const tensors = node.inputs.slice(1).map(input => world.constant(input))
  if (tensors.length !== 4 || !tensors.every(tensor => isChannels(tensor, layout.channels))) return undefined
  const [scale, offset, mean, variance] = tensors.map(tensor => numbersOf(tensor!))
  const epsilon = floatOf(node, 'epsilon', 1e-5)
  const factor = combined(scale!, variance!, (x, y) => x / Math.sqrt(y + epsilon))
  return {
    scale: factor,
    offset: combined(
      offset!,
      combined(mean!, factor, (x, y) => x * y),
      (x, y) => x - y,
    ),
  }
}

const isChannels = (tensor: OnnxTensor | undefined, channels: number) =>
  tensor?.dtype === 'float32' && tensor.shape.length === 1 && tensor.shape[0] === channels

function arithmetic(world: World, node: Node, product: Product): Affine | undefined {
  const [a, b] = node.inputs
  const first = world.constant(a) !== undefined
  const tensor = world.constant(first ? a : b)
  if (tensor?.dtype !== 'float32' || !isByChannel(tensor.shape, product)) return undefined
  const numbers = numbersOf(tensor)
  switch (node.op) {
    case 'Mul':
      return { scale: numbers }
    case 'Div':
      return first ? undefined : { scale: mapped(numbers, x => 1 / x) }
    case 'Add':
      return { offset: numbers }
    case 'Sub':
      return first
        ? { scale: async () => Float64Array.of(-1), offset: numbers }
        : { offset: mapped(numbers, x => -x) }
    default:
      return undefined
  }
}

/** Broadcast to the product's result, a constant says one number for all, or one for each channel. */
function isByChannel(shape: readonly number[], { axis, rank, layout }: Product): boolean {
  if (rank === undefined || shape.length > rank) return false
  if (elementCount(shape) === 1) return true
  const at = (axis === 'last' ? rank - 1 : axis) - (rank - shape.length)
  return shape.every((size, i) => size === (i === at ? layout.channels : 1))
}
