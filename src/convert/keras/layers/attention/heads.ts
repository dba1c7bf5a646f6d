import type { OnnxTensor } from '../../../../formats/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { invalid } from '../../config.ts'
import { same, shapeOf } from '../../emit.ts'
import type { LayerWeights } from '../../layer.ts'
import { alignMask } from './masks.ts'

/** A projection into heads: [batch, …, features] to [batch, …, heads, size]. */
export function intoHeads(b: Emitter, x: Value, weights: LayerWeights, bias: boolean): Value {
  const kernel = weights.get('kernel', 0)
  const [features = 0, ...out] = kernel.shape
  const y = project(b, x, kernel, features, bias ? weights.get('bias', 1) : undefined)
  return splitLast(b, y, out)
}

/** The projection of all heads, [batch, …, heads, size], into what the layer gives. */
export function fromHeads(b: Emitter, x: Value, weights: LayerWeights, bias: boolean): Value {
  const kernel = weights.get('kernel', 0)
  const [heads = 0, size = 0, ...out] = kernel.shape
  const flat = splitLast(b, x, [heads * size], 2)
  return splitLast(b, project(b, flat, kernel, heads * size, bias ? weights.get('bias', 1) : undefined), out)
}

/** A matrix product with a kernel whose first axes make `rows`, and the others the columns. */
function project(
  b: Emitter,
  x: Value,
  kernel: OnnxTensor,
  rows: number,
  bias: OnnxTensor | undefined,
): Value {
  const count = kernel.shape.reduce((product, size) => product * size, 1)
  if (rows === 0 || count % rows !== 0)
    throw invalid(`The kernel of ${b.source.kind} '${b.source.name}' has shape [${kernel.shape.join(', ')}]`)
  const columns = count / rows
  const y = b.op('MatMul', [x, b.weight({ ...kernel, shape: [rows, columns] }, kernel.name)])
  return bias ? b.op('Add', [y, b.weight({ ...bias, shape: [columns] }, bias.name)]) : y
}

/** The last axes (default: one) in other sizes. */
function splitLast(b: Emitter, x: Value, sizes: readonly number[], last = 1): Value {
  const kept = shapeOf(x).slice(0, -last)
  if (sizes.length === 1 && last === 1) return x
  // A 0 keeps the size of the input's axis.
  return b.op('Reshape', [x, b.ints([...kept.map(() => 0), ...sizes])], {
    types: [{ dtype: x.dtype, shape: [...kept, ...sizes] }],
  })
}

export interface HeadsOptions {
  /** Of [batch, …, heads, size]: over which one looks at the other. */
  readonly axes: readonly number[]
  readonly scale: number
  readonly mask?: Value | undefined
  /** What rows give that may look at nothing: zeros, or the mean of all. */
  readonly empty: 'zeros' | 'mean'
}

export interface Attended {
  /** [batch, …, heads, size] */
  readonly output: Value
  /** [batch, …other axes, heads, …queries, …values] */
  readonly scores: Value
}

/**
 * Scaled dot-product attention of heads (Vaswani et al., "Attention Is All You Need", 2017): query, key and value are
 * [batch, …, heads, size].
 */
export function attendHeads(
  b: Emitter,
  query: Value,
  key: Value,
  value: Value,
  options: HeadsOptions,
): Attended {
  const { axes, scale } = options
  const order = orderOf(shapeOf(query).length, axes)
  const scaled = b.op('Mul', [query, b.scalar(query.dtype, scale)])
  const [q, k, v] = [scaled, key, value].map(x => transpose(b, x, order))
  const flat = [q!, k!, v!].map(x => flattenSteps(b, x, axes.length))
  const rank = shapeOf(flat[1]!).length
  const last = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
  const scores = b.op('MatMul', [flat[0]!, transpose(b, flat[1]!, last)])
  const weights = maskedSoftmax(b, scores, options)
  const attended = b.op('MatMul', [weights, flat[2]!])
  return {
    output: transpose(b, restoreSteps(b, attended, q!, axes.length), inverse(order)),
    scores: axes.length === 1 ? weights : restoreScores(b, weights, q!, k!, axes.length),
  }
}

/** Axes that are not attended over, then heads, then those that are, then features. */
function orderOf(rank: number, axes: readonly number[]): readonly number[] {
  const others = Array.from({ length: rank - 2 }, (_, axis) => axis).filter(axis => !axes.includes(axis))
  return [...others, rank - 2, ...axes, rank - 1]
}

function inverse(order: readonly number[]): readonly number[] {
  return order.map((_, axis) => order.indexOf(axis))
}

function transpose(b: Emitter, x: Value, perm: readonly number[]): Value {
  return b.op('Transpose', [x], { attributes: { perm: { ints: perm } } })
}

function maskedSoftmax(b: Emitter, scores: Value, { mask, empty }: HeadsOptions): Value {
  if (!mask) return same(b, 'Softmax', scores, { axis: { int: -1 } })
  const aligned = alignMask(b, mask, shapeOf(scores).length)
  const least = b.scalar(scores.dtype, scores.dtype === 'float16' ? -3e4 : -1e9)
  const weights = same(b, 'Softmax', b.op('Where', [aligned, scores, least]), { axis: { int: -1 } })
  return empty === 'mean' ? weights : b.op('Where', [aligned, weights, b.scalar(scores.dtype, 0)])
}

/** [others…, …steps, size] with its steps as one axis. */
function flattenSteps(b: Emitter, x: Value, count: number): Value {
  if (count === 1) return x
  const shape = shapeOf(x)
  const others = shape.slice(0, -count - 1)
  const sizes = [...others.map(() => 0), -1]
  const size = shape.at(-1)
  if (typeof size !== 'number')
    throw invalid(`${b.source.kind} '${b.source.name}' has heads of no certain size`)
  return b.op('Reshape', [x, b.ints([...sizes, size])], {
    types: [{ dtype: x.dtype, shape: [...others, null, size] }],
  })
}

function restoreSteps(b: Emitter, y: Value, like: Value, count: number): Value {
  if (count === 1) return y
  const head = b.op('Shape', [like], { attributes: { end: { int: -1 } } })
  const shape = b.op('Concat', [head, b.ints([-1])], { attributes: { axis: { int: 0 } } })
  const size = shapeOf(y).at(-1) ?? null
  return b.op('Reshape', [y, shape], {
    types: [{ dtype: y.dtype, shape: [...shapeOf(like).slice(0, -1), size] }],
  })
}

function restoreScores(b: Emitter, scores: Value, query: Value, key: Value, count: number): Value {
  const head = b.op('Shape', [query], { attributes: { end: { int: -1 } } })
  const tail = b.op('Shape', [key], { attributes: { start: { int: -1 - count }, end: { int: -1 } } })
  const shape = b.op('Concat', [head, tail], { attributes: { axis: { int: 0 } } })
  const sizes = [...shapeOf(query).slice(0, -1), ...shapeOf(key).slice(-1 - count, -1)]
  return b.op('Reshape', [scores, shape], { types: [{ dtype: scores.dtype, shape: sizes }] })
}

/** Each head so many times, one copy behind the other: [batch, steps, heads, size]. */
export function repeatHeads(b: Emitter, x: Value, times: number): Value {
  if (times === 1) return x
  const [batch = null, steps = null, heads, size] = shapeOf(x)
  if (typeof heads !== 'number' || typeof size !== 'number')
    throw invalid(`${b.source.kind} '${b.source.name}' has heads of no certain size`)
  const copies = b.op('Expand', [b.op('Unsqueeze', [x, b.ints([3])]), b.ints([1, 1, 1, times, 1])])
  return b.op('Reshape', [copies, b.ints([0, 0, heads * times, size])], {
    types: [{ dtype: x.dtype, shape: [batch, steps, heads * times, size] }],
  })
}
