import type { Emitter, Value } from '../../../graph/types.ts'
import { cast, shapeOf } from '../../emit.ts'
import type { LayerCall } from '../../layer.ts'
import { tensorsIn } from '../../model/calls.ts'

/** What of a query may look at what of a value; all of them true where it may. */
export interface AttentionMasks {
  /** bool [batch, queries] */
  readonly query?: Value | undefined
  /** bool [batch, values], of values and of keys. */
  readonly values: readonly Value[]
  /** [batch, …, queries, values] */
  readonly given?: Value | undefined
  /** A query looks at nothing behind it. */
  readonly causal: boolean
  /** A query looks at what is less than so many steps away. */
  readonly window?: number | undefined
}

/** All of them as one; undefined where everything may look at everything. Tensors are [batch, steps, …]. */
export function joinMasks(b: Emitter, masks: AttentionMasks, query: Value, value: Value): Value | undefined {
  const { query: ofQuery, values, given, causal, window } = masks
  const all = [
    ...(ofQuery ? [b.op('Unsqueeze', [ofQuery, b.ints([-1])])] : []),
    ...values.map(mask => b.op('Unsqueeze', [mask, b.ints([-2])])),
    ...(causal ? [causalMask(b, query, value)] : []),
    ...(window === undefined ? [] : [windowMask(b, query, value, window)]),
    ...(given ? [cast(b, given, 'bool')] : []),
  ]
  return all.length === 0 ? undefined : all.reduce((one, other) => b.op('And', [one, other]))
}

/** [1, queries, values]: true where the value is not behind the query. */
export function causalMask(b: Emitter, query: Value, value: Value): Value {
  return b.op('GreaterOrEqual', [steps(b, query, -1), steps(b, value, 0)])
}

function windowMask(b: Emitter, query: Value, value: Value, size: number): Value {
  const apart = b.op('Abs', [b.op('Sub', [steps(b, query, -1), steps(b, value, 0)])])
  return b.op('Less', [apart, b.scalar('int64', size)])
}

/** Numbers of the steps of [batch, steps, …], as [1, steps, 1] or [1, 1, steps]. */
function steps(b: Emitter, x: Value, axis: -1 | 0): Value {
  const size = b.op('Shape', [x], { attributes: { start: { int: 1 }, end: { int: 2 } } })
  const count = b.op('Squeeze', [size, b.ints([0])])
  const range = b.op('Range', [b.scalar('int64', 0), count, b.scalar('int64', 1)])
  return b.op('Unsqueeze', [range, b.ints(axis === 0 ? [0, 1] : [0, 2])])
}

/** The mask of an argument: one that the call names, else what the argument carries. */
export function maskOf(
  call: LayerCall,
  index: number,
  name: string,
  carried: Value | undefined,
): Value | undefined {
  const argument = call.argument(index, name)
  const [mask] = argument ? tensorsIn(argument) : []
  return mask ? cast(call.b, mask, 'bool') : carried
}

/** A mask of fewer axes than the scores have: axes are added before the last two. */
export function alignMask(b: Emitter, mask: Value, rank: number): Value {
  const own = shapeOf(mask).length
  const axes = Array.from({ length: Math.max(0, rank - own) }, (_, i) => own - 2 + i)
  return axes.length === 0 ? mask : b.op('Unsqueeze', [mask, b.ints(axes)])
}
