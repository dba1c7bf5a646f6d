import { rules, same } from './elementwise.ts'
import { axisIn, intOf, MAX_RANK, numbersOf, open, typed, unfit } from './read.ts'
import { slicesOf, stepsIn } from './slices.ts'
import type { Rule } from './types.ts'
import type { Shape, Size, Value } from './values.ts'

const concat: Rule = node => {
  const { inputs } = node
  const [first] = inputs
  if (!first) return undefined
  const ranked = inputs.find(x => x?.shape)?.shape
  if (!ranked) return [typed(first.dtype, undefined)]
  if (inputs.some(x => x?.shape && x.shape.length !== ranked.length))
    throw unfit(`Concat of tensors of ${inputs.map(x => x?.shape?.length ?? '?').join(', ')} axes`)
  const axis = axisIn(node, intOf(node, 'axis', 0), ranked.length)
  const shape = ranked.map((_, i): Size => (i === axis ? sum(inputs, i) : agreed(inputs, i)))
  return [typed(first.dtype, shape)]
}

function sum(inputs: readonly (Value | undefined)[], axis: number): Size {
  const sizes = inputs.map(x => x?.shape?.[axis] ?? null).filter(size => size !== 0)
  if (sizes.length === 1) return sizes[0]!
  return sizes.reduce<Size>(
    (total, size) => (typeof total === 'number' && typeof size === 'number' ? total + size : null),
    0,
  )
}

/** Sizes of all inputs at an axis must be the same. */
function agreed(inputs: readonly (Value | undefined)[], axis: number): Size {
  const sizes = inputs.map(x => x?.shape?.[axis] ?? null)
  const numbers = new Set(sizes.filter(size => typeof size === 'number'))
  if (numbers.size > 1) throw unfit(`Concat: sizes of axis ${axis} are ${sizes.join(', ')}`)
  return sizes.find(size => typeof size === 'number') ?? sizes.find(size => size !== null) ?? null
}

const split: Rule = node => {
  const [x, input] = node.inputs
  if (!x) return undefined
  const { outputs } = node
  const each = (shape: (i: number) => Shape | undefined) =>
    Array.from({ length: outputs }, (_, i) => typed(x.dtype, shape(i)))
  if (!x.shape) return each(() => undefined)
  const axis = axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  const sized = (size: Size) => x.shape!.map((old, i) => (i === axis ? size : old))
  if (input) {
    const given = input.known
    if (given && given.length !== outputs) throw unfit(`Split: ${outputs} outputs of ${given.length} sizes`)
    return each(i => sized(given?.[i] ?? null))
  }
  const whole = x.shape[axis]!
  if (typeof whole !== 'number') return each(() => sized(outputs === 1 ? whole : null))
  // The last one is smaller where they don't share evenly.
  const part = Math.ceil(whole / outputs)
  return each(i => sized(Math.max(0, Math.min(part, whole - i * part))))
}

const slice: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  if (!x.shape) return [typed(x.dtype, undefined)]
  const slices = slicesOf(node, x.shape.length)
  if (!slices) return [typed(x.dtype, open(x.shape.length))]
  const shape = x.shape.map((size, i): Size => {
    const part = slices.find(({ axis }) => axis === i)
    if (!part) return size
    const { start, end, step } = part
    if (start === 0 && step === 1 && (end === Number.POSITIVE_INFINITY || end === size)) return size
    if (start === undefined || end === undefined || step === undefined) return null
    if (typeof size === 'number') return stepsIn(size, start, end, step).count
    return null
  })
  return [typed(x.dtype, shape)]
}

const gather: Rule = node => {
  const [x, indices] = node.inputs
  if (!x) return undefined
  if (!x.shape) return [typed(x.dtype, undefined)]
  const axis = axisIn(node, intOf(node, 'axis', 0), x.shape.length)
  return [typed(x.dtype, indices?.shape && x.shape.toSpliced(axis, 1, ...indices.shape))]
}

const gatherElements: Rule = ({ inputs: [x, indices] }) => x && [typed(x.dtype, indices?.shape)]

const gatherNd: Rule = node => {
  const [x, indices] = node.inputs
  if (!x) return undefined
  const depth = indices?.shape?.at(-1)
  if (!x.shape || !indices?.shape || typeof depth !== 'number') return [typed(x.dtype, undefined)]
  const batch = intOf(node, 'batch_dims', 0)
  if (batch + depth > x.shape.length)
    throw unfit(`GatherND: ${depth} indices for a tensor of ${x.shape.length} axes`)
  return [typed(x.dtype, [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)])]
}

const compress: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const axis = intOf(node, 'axis')
  if (axis === undefined) return [typed(x.dtype, [null])]
  const at = x.shape && axisIn(node, axis, x.shape.length)
  return [
    typed(
      x.dtype,
      x.shape?.map((size, i) => (i === at ? null : size)),
    ),
  ]
}

const unique: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const axis = intOf(node, 'axis')
  const at = axis === undefined || !x.shape ? undefined : axisIn(node, axis, x.shape.length)
  const shape = axis === undefined ? [null] : x.shape?.map((size, i) => (i === at ? null : size))
  const indices = typed('int64', [null])
  return [typed(x.dtype, shape), indices, indices, indices].slice(0, node.outputs)
}

const nonZero: Rule = ({ inputs: [x] }) => [typed('int64', [x?.shape?.length ?? null, null])]

const oneHot: Rule = node => {
  const [indices, depth, values] = node.inputs
  if (!values) return undefined
  if (!indices?.shape) return [typed(values.dtype, undefined)]
  const axis = axisIn(node, intOf(node, 'axis', -1), indices.shape.length + 1)
  const size = numbersOf(depth)?.[0] ?? null
  return [typed(values.dtype, indices.shape.toSpliced(axis, 0, size))]
}

const nonMaxSuppression: Rule = () => [typed('int64', [null, 3])]

/** Columns of an image, put together again. */
const col2Im: Rule = node => {
  const [x, image, block] = node.inputs
  if (!x) return undefined
  const [sizes, kernel] = [image?.known, numbersOf(block)]
  if (!sizes || sizes.length > MAX_RANK) return [typed(x.dtype, undefined)]
  const elements = kernel?.reduce((product, size) => product * size, 1)
  const rows = x.shape?.[1]
  const channels = typeof rows === 'number' && elements ? rows / elements : null
  return [typed(x.dtype, [x.shape?.[0] ?? null, channels, ...sizes])]
}

export const select: Readonly<Record<string, Rule>> = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ...rules('ScatterElements ScatterND Scatter Trilu ReverseSequence TensorScatter', same),
  Compress: compress,
  Unique: unique,
  NonZero: nonZero,
  OneHot: oneHot,
  NonMaxSuppression: nonMaxSuppression,
  Col2Im: col2Im,
}
