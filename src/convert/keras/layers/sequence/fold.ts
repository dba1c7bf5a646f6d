import type { Emitter, Value } from '../../../graph/types.ts'
import { shapeOf } from '../../emit.ts'

/** [batch, steps, …] as one batch: [batch · steps, …]. */
export function foldTime(b: Emitter, x: Value): Value {
  const [, , ...rest] = shapeOf(x)
  const sizes = b.op('Shape', [x], { attributes: { start: { int: 2 } } })
  const shape = rest.length === 0 ? b.ints([-1]) : concat(b, [b.ints([-1]), sizes])
  return b.op('Reshape', [x, shape], { types: [{ dtype: x.dtype, shape: [null, ...rest] }] })
}

/** What was made of a folded tensor, over the two axes again that `like` begins with. */
export function unfoldTime(b: Emitter, y: Value, like: Value): Value {
  const [batch = null, steps = null] = shapeOf(like)
  const [, ...rest] = shapeOf(y)
  const head = b.op('Shape', [like], { attributes: { end: { int: 2 } } })
  const sizes = b.op('Shape', [y], { attributes: { start: { int: 1 } } })
  const shape = rest.length === 0 ? head : concat(b, [head, sizes])
  return b.op('Reshape', [y, shape], { types: [{ dtype: y.dtype, shape: [batch, steps, ...rest] }] })
}

function concat(b: Emitter, parts: readonly Value[]): Value {
  return b.op('Concat', parts, { attributes: { axis: { int: 0 } } })
}
