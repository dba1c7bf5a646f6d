import type { OnnxDtype } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import { cast } from '../graph/cast.ts'
import { isFloat } from '../graph/dtypes.ts'
import type { Attributes, Emitter, Shape, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'

export { cast }

export const invalid = failing('CONVERT_INVALID', 'The file contradicts itself; export the program again.')

/** int64's largest: an end that means the end. */
export const TO_THE_END = 2n ** 63n - 1n

export function shapeOf(x: Value): Shape {
  if (x.shape) return x.shape
  throw new Refusal('the rank of a tensor is not known')
}

export const rankOf = (x: Value): number => shapeOf(x).length

/** An axis from the end as one from the start. */
export function axisOf(axis: number, rank: number): number {
  const from = axis < 0 ? axis + Math.max(1, rank) : axis
  if (!Number.isInteger(axis) || from < 0 || from >= Math.max(1, rank))
    throw invalid(`There is no axis ${axis} of ${rank}`)
  return from
}

export const axesOf = (axes: readonly number[], rank: number): readonly number[] =>
  axes.map(axis => axisOf(axis, rank))

/** int64 [1] of a size. */
function listed(b: Emitter, size: number | Value): Value {
  if (typeof size === 'number') return b.constant('int64', [1], [toInteger(size)])
  return b.op('Reshape', [cast(b, size, 'int64'), b.ints([1])])
}

/** 2^63 − 1 as a number is 2^63. */
export function toInteger(size: number): bigint {
  return size >= 2 ** 63 ? TO_THE_END : BigInt(Math.trunc(size))
}

/** int64 [n] of sizes, computed where they must be. */
export function sizeList(b: Emitter, sizes: readonly (number | Value)[]): Value {
  if (sizes.every(size => typeof size === 'number'))
    return b.constant('int64', [sizes.length], sizes.map(toInteger))
  return b.op(
    'Concat',
    sizes.map(size => listed(b, size)),
    { attributes: { axis: { int: 0 } } },
  )
}

/** Reshape; one size that is computed is left to ONNX, which knows how many elements there are. */
export function reshape(b: Emitter, x: Value, sizes: readonly (number | Value)[]): Value {
  const computed = sizes.filter(size => typeof size !== 'number').length
  const open = sizes.filter(size => size === -1).length
  const left = computed === 1 && open === 0 && !sizes.includes(0)
  return b.op(
    'Reshape',
    [x, sizeList(b, left ? sizes.map(size => (typeof size === 'number' ? size : -1)) : sizes)],
    {
      // A size of 0 is none to be copied.
      ...(sizes.includes(0) && { attributes: { allowzero: { int: 1 } } }),
    },
  )
}

export const transpose = (b: Emitter, x: Value, perm: readonly number[]): Value =>
  perm.every((axis, i) => axis === i) ? x : b.op('Transpose', [x], { attributes: { perm: { ints: perm } } })

/** x without (or with) axes of size 1. */
export const squeeze = (b: Emitter, x: Value, axes: readonly number[]): Value =>
  axes.length === 0 ? x : b.op('Squeeze', [x, b.ints(axes)])
export const unsqueeze = (b: Emitter, x: Value, axes: readonly number[]): Value =>
  axes.length === 0 ? x : b.op('Unsqueeze', [x, b.ints(axes)])

/** int64 scalar: a size of x. */
export function sizeOf(b: Emitter, x: Value, axis: number): number | Value {
  const known = x.shape?.[axis]
  if (typeof known === 'number') return known
  const one = b.op('Shape', [x], { attributes: { start: { int: axis }, end: { int: axis + 1 } } })
  return squeeze(b, one, [0])
}

/** Order in which floating-point types win over others. */
const ORDER: readonly OnnxDtype[] = [
  'bool',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
]

/**
 * The type in which torch computes with both: floats win over whole numbers, wider over narrower; a scalar tensor only
 * counts where it is of a higher kind (torch, "Type promotion").
 */
export function promoted(a: Value, b: Value): OnnxDtype {
  if (a.dtype === b.dtype) return a.dtype
  const [x, y] = [kindOf(a.dtype), kindOf(b.dtype)]
  if (x !== y) return x > y ? a.dtype : b.dtype
  const [scalarA, scalarB] = [a.shape?.length === 0, b.shape?.length === 0]
  if (scalarA !== scalarB) return scalarA ? b.dtype : a.dtype
  const halves = new Set([a.dtype, b.dtype])
  if (halves.has('float16') && halves.has('bfloat16')) return 'float32'
  // uint8 beside int8 takes a type that holds both.
  if (halves.has('uint8') && halves.has('int8')) return 'int16'
  return ORDER.indexOf(a.dtype) > ORDER.indexOf(b.dtype) ? a.dtype : b.dtype
}

function kindOf(dtype: OnnxDtype): number {
  if (dtype === 'bool') return 0
  return isFloat(dtype) ? 2 : 1
}

/** Both in the type that torch computes with. */
export function together(b: Emitter, x: Value, y: Value): readonly [Value, Value] {
  const dtype = promoted(x, y)
  return [cast(b, x, dtype), cast(b, y, dtype)]
}

/** Whole numbers as float32, as torch computes what gives fractions. */
export const floating = (b: Emitter, x: Value): Value => (isFloat(x.dtype) ? x : cast(b, x, 'float32'))

/** A node over one tensor. */
export const unary = (b: Emitter, op: string, x: Value, attributes: Attributes = {}): Value =>
  b.op(op, [x], { attributes })

export const like = (b: Emitter, x: Value, number: number): Value => b.scalar(x.dtype, number)
