import { elementCount } from '../../../../../core/index.ts'
import type { OnnxTensor } from '../../../../../formats/index.ts'
import type { Node } from '../../world/types.ts'
import type { World } from '../../world/world.ts'
import { floatOf, intOf, shapeOf } from '../read.ts'
import type { Layout } from './types.ts'

/** Numbers of a weight that several nodes share, and that is changed for one of them. */
const MAX_SHARED = 64 * 1024

/** A product with a constant weight, whose channels may be scaled and moved. */
export interface Product {
  readonly node: Node
  readonly weight: OnnxTensor
  readonly layout: Layout
  /** Axis of the channels in the result, and how many axes that has; no rank where it is free. */
  readonly axis: number | 'last'
  readonly rank?: number
  /** Of those that have a place for one. */
  readonly bias?: OnnxTensor | undefined
  /** Whether an offset has a place: as the third input, which is this one's own or free. */
  readonly takesOffset: boolean
}

/** Undefined where the weight is computed, shared, or of another type than float32. */
export function productOf(world: World, node: Node): Product | undefined {
  const weight = world.constant(node.inputs[1])
  if (node.domain !== '' || weight?.dtype !== 'float32' || !Object.hasOwn(PRODUCTS, node.op)) return undefined
  // Where others take it, too, another one of this size is added.
  const shared = world.users(weight.name).size > 1 || world.isOutput(weight.name)
  if (shared && elementCount(weight.shape) > MAX_SHARED) return undefined
  if (elementCount(weight.shape) === 0) return undefined
  return PRODUCTS[node.op]!(world, node, weight)
}

type Read = (world: World, node: Node, weight: OnnxTensor) => Product | undefined

/** W of [channels, per group, …]. */
const conv: Read = (world, node, weight) => {
  const { shape } = weight
  const [channels] = shape
  if (shape.length < 3) return undefined
  const layout = { channels: channels!, run: elementCount(shape.slice(1)), channelOf: (run: number) => run }
  return { node, weight, layout, axis: 1, rank: shape.length, ...biasOf(world, node, channels!) }
}

/** W of [inputs, channels per group, …]: inputs of a group give the channels of that group. */
const convTranspose: Read = (world, node, weight) => {
  const { shape } = weight
  const [inputs, per] = shape as readonly [number, number]
  const group = intOf(node, 'group', 1)
  if (shape.length < 3 || inputs % group !== 0) return undefined
  const inGroup = inputs / group
  const layout: Layout = {
    channels: per * group,
    run: elementCount(shape.slice(2)),
    channelOf: run => Math.floor(Math.floor(run / per) / inGroup) * per + (run % per),
  }
  return { node, weight, layout, axis: 1, rank: shape.length, ...biasOf(world, node, per * group) }
}

const gemm: Read = (world, node, weight) => {
  const { shape } = weight
  if (shape.length !== 2 || floatOf(node, 'beta', 1) !== 1) return undefined
  const channels = shape[intOf(node, 'transB', 0) === 0 ? 1 : 0]!
  const layout =
    intOf(node, 'transB', 0) === 0
      ? { channels, run: 1, channelOf: (run: number) => run % channels }
      : { channels, run: shape[1]!, channelOf: (run: number) => run }
  return { node, weight, layout, axis: 1, rank: 2, ...biasOf(world, node, channels) }
}

const matMul: Read = (world, node, weight) => {
  const { shape } = weight
  const rank = shapeOf(world, node.inputs[0])?.length
  if (shape.length !== 2 || rank === undefined || rank < 2) return undefined
  const channels = shape[1]!
  const layout = { channels, run: 1, channelOf: (run: number) => run % channels }
  return { node, weight, layout, axis: 'last', rank, takesOffset: false }
}

const PRODUCTS: Readonly<Record<string, Read>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,
}

/** A third input that is no constant of one number for each channel, or for all, has no place for an offset. */
function biasOf(world: World, { inputs }: Node, channels: number): Pick<Product, 'bias' | 'takesOffset'> {
  if (!inputs[2]) return { takesOffset: true }
  const bias = world.constant(inputs[2])
  if (bias?.dtype !== 'float32') return { takesOffset: false, bias: undefined }
  const count = elementCount(bias.shape)
  const fits = count === 1 || (count === channels && bias.shape.at(-1) === channels)
  return fits ? { bias, takesOffset: true } : { takesOffset: false }
}
