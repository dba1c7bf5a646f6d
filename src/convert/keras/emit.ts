import type { OnnxDtype } from '../../formats/index.ts'
import { cast } from '../graph/cast.ts'
import { isFloat } from '../graph/dtypes.ts'
import type { Attributes, Emitter, Shape, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'

export { cast }

/** The tensor itself, where it is one of floats; else cast to `dtype`. */
export function floating(b: Emitter, x: Value, dtype: OnnxDtype): Value {
  return isFloat(x.dtype) ? x : cast(b, x, dtype)
}

/** A node that keeps the shape and dtype. */
export function same(b: Emitter, op: string, x: Value, attributes: Attributes = {}): Value {
  const type = { dtype: x.dtype, ...(x.shape && { shape: x.shape }) }
  return b.op(op, [x], { attributes, types: [type] })
}

/** The shape of a tensor whose rank is known: Keras tells it of all but a few. */
export function shapeOf(x: Value): Shape {
  if (!x.shape) throw new Refusal('a tensor whose rank is not known')
  return x.shape
}

/** An axis from 0, of one that may count from the end. */
export function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(at) || at < 0 || at >= rank)
    throw new Refusal(`axis ${axis} of a tensor with ${rank} axes`)
  return at
}
