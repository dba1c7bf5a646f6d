import type { Attributes, Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, listOf } from './emit.ts'

/** What a reduction gives of each element where no axis is reduced. */
type Alone = (b: Emitter, x: Value) => Value

const asIs: Alone = (_, x) => x

/** A reduction over the axes of the second input, known or computed. */
const reduce =
  (op: string, alone: Alone = asIs): Convert =>
  call => {
    const { emitter: b } = call
    const x = input(call, 0)
    const axes = listOf(b, input(call, 1))
    if (axes.known?.length === 0 || axes.shape?.[0] === 0) return alone(b, x)
    const keep = call.attributes.bool('keep_dims', call.attributes.bool('keepdims', false))
    return emit(b, op, [x, axes], {
      computed: [0],
      attributes: { keepdims: { int: Number(keep) }, noop_with_empty_axes: { int: 1 } },
    })
  }

/** The number of the largest or smallest element of one axis; the first of several. */
const arg =
  (op: string): Convert =>
  async call => {
    const { emitter: b, attributes } = call
    const x = input(call, 0)
    const [axis = 0] = call.inputs.length > 1 ? await call.integers(1) : [0]
    const options: Attributes = { axis: { int: axis }, keepdims: { int: 0 } }
    return cast(b, emit(b, op, [x], { attributes: options }), attributes.dtype('output_type', 'int64'))
  }

const abs: Alone = (b, x) => emit(b, 'Abs', [x])

/** Whether the target's prediction is among the k largest: fewer than k are larger. */
const inTopK = (k: (call: OpCall) => Value): Convert => {
  return call => {
    const { emitter: b } = call
    const [predictions, targets] = [input(call, 0), input(call, 1)]
    const column = b.op('Unsqueeze', [targets, b.ints([1])])
    const own = b.op('GatherElements', [predictions, column], { attributes: { axis: { int: 1 } } })
    const larger = cast(b, b.op('Greater', [predictions, own]), 'int32')
    const rank = b.op('ReduceSum', [larger, b.ints([1])], { attributes: { keepdims: { int: 0 } } })
    return b.op('Less', [rank, cast(b, k(call), 'int32')])
  }
}

export const reduceOps: OpTable = {
  Sum: { convert: reduce('ReduceSum') },
  Mean: { convert: reduce('ReduceMean') },
  Prod: { convert: reduce('ReduceProd') },
  Max: { convert: reduce('ReduceMax') },
  Min: { convert: reduce('ReduceMin') },
  EuclideanNorm: { convert: reduce('ReduceL2', abs) },
  All: { convert: reduce('ReduceMin') },
  Any: { convert: reduce('ReduceMax') },
  ArgMax: { convert: arg('ArgMax'), limits: 'along an axis that is not computed' },
  ArgMin: { convert: arg('ArgMin'), limits: 'along an axis that is not computed' },
  InTopK: { convert: inTopK(call => call.emitter.scalar('int32', call.attributes.int('k'))) },
  InTopKV2: { convert: inTopK(call => input(call, 2)) },
}
