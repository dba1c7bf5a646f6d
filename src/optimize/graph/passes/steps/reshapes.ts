import type { Shape } from '../../../../formats/index.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { intOf, orderOf, shapeOf } from './read.ts'

/** What only says where axes begin and end. */
const RESHAPING = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'] as const
const NAMES: ReadonlySet<string> = new Set(RESHAPING)

/** Sizes that a graph computes, and that are as well told by a constant, are told by one. */
export function settleReshapes(world: World): void {
  for (const node of world.each('Reshape')) {
    const [x, target] = node.inputs
    if (world.constant(target) || intOf(node, 'allowzero', 0) !== 0) continue
    const sizes = sizesFor(shapeOf(world, x), shapeOf(world, node.outputs[0]))
    if (sizes) world.setInputs(node, [x!, world.ints(sizes, node)])
  }
}

/** Of two reshapes in a row, the second does the work of both. */
export function joinReshapes(world: World): void {
  for (const node of world.each(...RESHAPING, 'Transpose')) {
    if (!isReshape(world, node)) continue
    const first = world.soleMaker(node.inputs[0], node)
    if (!first || !isReshape(world, first)) continue
    const sizes = sizesFor(shapeOf(world, first.inputs[0]), shapeOf(world, node.outputs[0]))
    if (!sizes) continue
    const inputs = [first.inputs[0]!, world.ints(sizes, node)]
    world.remove(node)
    world.remove(first)
    world.add({ op: 'Reshape', inputs, outputs: node.outputs, like: node })
  }
}

function isReshape(world: World, node: Node): boolean {
  if (node.domain !== '') return false
  if (NAMES.has(node.op)) return true
  if (node.op !== 'Transpose') return false
  const shape = shapeOf(world, node.inputs[0])
  const order = shape && orderOf(node, shape.length)
  if (!order) return false
  // Only axes of one element change places, so that the elements stay in their order.
  const moving = order.filter(axis => shape[axis] !== 1)
  return moving.every((axis, i) => i === 0 || moving[i - 1]! < axis)
}

/**
 * What Reshape takes to make a tensor of shape `from` one of shape `to`: 0 where a free axis stands at the same place,
 * -1 for one that does not. Undefined where there are more of them.
 */
export function sizesFor(from: Shape | undefined, to: Shape | undefined): readonly number[] | undefined {
  if (!from || !to || to.includes(0)) return undefined
  let left = 0
  const sizes = to.map((size, i) => {
    if (typeof size === 'number') return size
    if (size !== null && from[i] === size) return 0
    left++
    return -1
  })
  return left > 1 ? undefined : sizes
}
