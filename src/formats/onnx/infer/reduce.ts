import { as, rules } from './elementwise.ts'
import { axisIn, intOf, intsOf, numbersOf, open, typed, unfit } from './read.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Shape } from './values.ts'

/** Axes of a reduction, counted from 0; undefined where they are computed. */
export function reducedAxes(node: NodeToInfer, rank: number): readonly number[] | undefined {
  const [, input] = node.inputs
  const given = input ? numbersOf(input) : (intsOf(node, 'axes') ?? [])
  if (!given) return undefined
  if (given.length > 0) return given.map(axis => axisIn(node, axis, rank))
  return intOf(node, 'noop_with_empty_axes', 0) === 0 ? Array.from({ length: rank }, (_, i) => i) : []
}

function without(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  return keep
    ? shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : shape.filter((_, i) => !axes.includes(i))
}

const reduce: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const keep = intOf(node, 'keepdims', 1) !== 0
  const axes = x.shape && reducedAxes(node, x.shape.length)
  if (x.shape && axes) return [typed(x.dtype, without(x.shape, axes, keep))]
  return [typed(x.dtype, x.shape && keep ? open(x.shape.length) : undefined)]
}

const argReduce: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const axis = x.shape && axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  const keep = intOf(node, 'keepdims', 1) !== 0
  return [typed(x.dtype, axis === undefined ? undefined : without(x.shape!, [axis], keep))]
}

const topK: Rule = node => {
  const [x, k] = node.inputs
  if (!x) return undefined
  const axis = x.shape && axisIn(node, intOf(node, 'axis', -1), x.shape.length)
  const shape = x.shape?.map((size, i) => (i === axis ? (k?.known?.[0] ?? null) : size))
  const size = axis === undefined ? null : x.shape![axis]!
  const wanted = k?.known?.[0]
  if (typeof size === 'number' && typeof wanted === 'number' && wanted > size)
    throw unfit(`TopK takes ${wanted} of ${size}`)
  return [typed(x.dtype, shape), typed('int64', shape)].slice(0, node.outputs)
}

export const reductions: Readonly<Record<string, Rule>> = {
  ...rules('ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2', reduce),
  ...rules('ReduceLogSum ReduceLogSumExp ReduceSumSquare', reduce),
  ...rules('ArgMax ArgMin', as('int64', argReduce)),
  TopK: topK,
}
