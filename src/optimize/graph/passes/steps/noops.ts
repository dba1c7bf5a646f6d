import type { Value } from '../../../../formats/index.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { intOf, intsOf, isSameShape, orderOf, shapeOf, textOf, uniformOf } from './read.ts'

/** Nodes that give what they get go. */
export function removeNoops(world: World): void {
  for (const node of world.each(...Object.keys(NOOPS))) {
    const place = NOOPS[node.op]!(world, node)
    if (place !== undefined) world.bypass(node, node.inputs[place])
  }
}

/** The place of the input that a node gives as it is; undefined where it does more. */
type Check = (world: World, node: Node) => number | undefined

const when =
  (holds: (world: World, node: Node) => boolean): Check =>
  (world, node) =>
    holds(world, node) ? 0 : undefined

const sameShape = (world: World, { inputs: [x], outputs: [y] }: Node) =>
  isSameShape(shapeOf(world, x), shapeOf(world, y))

const sameType = (world: World, { inputs: [x], outputs: [y] }: Node) => {
  const [from, to] = [world.values.get(x!)?.dtype, world.values.get(y!)?.dtype]
  return from !== undefined && from === to
}

const every = (numbers: readonly number[] | undefined, expected: number) =>
  numbers?.every(number => number === expected) ?? false

const single = when((_, { inputs, outputs }) => inputs.length === 1 && outputs.length === 1)

/** One of two inputs is a constant of nothing but `neutral`, and the other has the result's shape. */
const neutral =
  (element: number, places: readonly number[]): Check =>
  (world, { inputs, outputs }) => {
    const shape = shapeOf(world, outputs[0])
    const place = places.find(at => uniformOf(world.values.get(inputs[at]!)) === element)
    if (place === undefined || inputs.length !== 2) return undefined
    const other = 1 - place
    return isSameShape(shapeOf(world, inputs[other]), shape) ? other : undefined
  }

/** Elements of x where the condition is true, of y where it is not. */
const where: Check = (world, { inputs, outputs }) => {
  const condition = uniformOf(world.values.get(inputs[0]!))
  if (condition === undefined) return undefined
  const chosen = condition === 0 ? 2 : 1
  return isSameShape(shapeOf(world, inputs[chosen]), shapeOf(world, outputs[0])) ? chosen : undefined
}

const isTrue = (value: Value | undefined) => value?.known?.length === 1 && value.known[0] === 1

/** Before opset 7 it had an attribute for training; since 12 it has an input. */
const dropout = when((world, { inputs, outputs }) => {
  const training = inputs[2] ? world.values.get(inputs[2]) : undefined
  const trains = inputs[2] ? !training?.known || isTrue(training) : false
  return !trains && !(outputs[1] && world.isUsed(outputs[1]))
})

const slice = when((world, node) => {
  const { inputs } = node
  if (world.opset < 10 || !sameShape(world, node)) return false
  // Backwards it has the same shape, too.
  return !inputs[4] || every(world.integers(inputs[4]), 1)
})

const pad = when((world, node) =>
  every(world.opset < 11 ? intsOf(node, 'pads') : world.integers(node.inputs[1]), 0),
)

const resize = when(
  (world, node) =>
    world.opset >= 11 &&
    sameShape(world, node) &&
    textOf(node, 'coordinate_transformation_mode', 'half_pixel') !== 'tf_crop_and_resize' &&
    (!node.inputs[2] || every(world.integers(node.inputs[2]), 1)),
)

const transpose = when((world, node) => {
  const order = orderOf(node, shapeOf(world, node.inputs[0])?.length)
  return order?.every((axis, i) => axis === i) ?? false
})

/** A reduction of axes that have one element each. */
const reduction = when(
  (world, node) => sameShape(world, node) && intOf(node, 'keepdims', 1) === 1 && sameType(world, node),
)

const NOOPS: Readonly<Record<string, Check>> = {
  Identity: () => 0,
  Dropout: dropout,
  Cast: when(sameType),
  CastLike: when(sameType),
  Transpose: transpose,
  Reshape: when(sameShape),
  Flatten: when(sameShape),
  Squeeze: when(sameShape),
  Unsqueeze: when(sameShape),
  Expand: when(sameShape),
  Slice: slice,
  Pad: pad,
  Tile: when((world, { inputs }) => every(world.integers(inputs[1]), 1)),
  Resize: resize,
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  Concat: single,
  Sum: single,
  Min: single,
  Max: single,
  Mean: single,
  Split: single,
  Add: neutral(0, [0, 1]),
  Sub: neutral(0, [1]),
  Mul: neutral(1, [0, 1]),
  Div: neutral(1, [1]),
  Pow: neutral(1, [1]),
  Where: where,
}
