import type { OnnxTensor } from '../../../../../formats/index.ts'
import type { Node } from '../../world/types.ts'
import type { World } from '../../world/world.ts'
import { affineOf } from './changes.ts'
import { asChannels, combined, numbersOf, scaled } from './numbers.ts'
import { type Product, productOf } from './products.ts'
import type { Affine, Numbers } from './types.ts'

/** Changes behind one weight: each is computed anew whenever the weight is read. */
const MAX_CHANGES = 32

const changes = new WeakMap<OnnxTensor, number>()

/**
 * What only scales and moves the channels of a product with a constant weight goes into that weight and its bias,
 * which are computed when they are read: batch normalisation, and constants that are added or multiplied.
 */
export function foldAffine(world: World): void {
  for (const node of world.each('BatchNormalization', 'Mul', 'Div', 'Add', 'Sub')) {
    const place = node.op === 'BatchNormalization' || world.constant(node.inputs[1]) ? 0 : 1
    const maker = world.soleMaker(node.inputs[place], node)
    const product = maker && productOf(world, maker)
    const affine = product && affineOf(world, node, product)
    if (!affine || (changes.get(product.weight) ?? 0) >= MAX_CHANGES) continue
    if ((affine.offset && !canOffset(product)) || (affine.scale && !canScale(product))) continue
    fold(world, node, product, affine)
  }
}

/** A MatMul of two axes can become a Gemm. */
const canOffset = ({ node, rank, takesOffset }: Product) =>
  takesOffset || (node.op === 'MatMul' && rank === 2)

/** A bias that is computed can't be scaled with the rest. */
const canScale = ({ node, bias }: Product) => !node.inputs[2] || bias !== undefined

function fold(world: World, node: Node, product: Product, affine: Affine): void {
  const { node: maker, weight, layout } = product
  const inputs = maker.inputs.slice(0, 2)
  if (affine.scale) inputs[1] = changed(world, weight, scaled(weight, layout, affine.scale))
  const bias = biasOf(product, affine)
  if (bias) inputs[2] = changed(world, product.bias ?? weight, asChannels(bias, layout.channels), 'bias')
  else if (maker.inputs[2]) inputs[2] = maker.inputs[2]
  world.remove(node)
  world.remove(maker)
  world.add({
    op: maker.op === 'MatMul' && bias ? 'Gemm' : maker.op,
    inputs,
    outputs: node.outputs.slice(0, 1),
    attributes: maker.attributes,
    like: maker,
  })
}

function biasOf({ bias, takesOffset, node }: Product, { scale, offset }: Affine): Numbers | undefined {
  const before = bias && numbersOf(bias)
  const moved = before && scale ? combined(before, scale, (x, y) => x * y) : before
  if (!offset) return bias && scale ? moved : undefined
  if (!takesOffset && node.op !== 'MatMul') return undefined
  return moved ? combined(moved, offset, (x, y) => x + y) : offset
}

function changed(world: World, from: OnnxTensor, to: Omit<OnnxTensor, 'name'>, what = 'scaled'): string {
  const name = world.addConstant(`${from.name}/${what}`, to)
  changes.set(world.constant(name)!, (changes.get(from) ?? 0) + 1)
  return name
}
