import type { Emitter, Size, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, listOf } from './emit.ts'

/** A shape as 1-D, int32 unless `out_type` says int64. */
const shape: Convert = call => {
  const dtype = call.attributes.dtype('out_type', 'int32')
  return call.inputs.map(x => cast(call.emitter, call.emitter.op('Shape', [x]), dtype))
}

const size: Convert = call => {
  const { emitter: b } = call
  return cast(b, b.op('Size', [input(call, 0)]), call.attributes.dtype('out_type', 'int32'))
}

const rank: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  if (x.shape) return b.scalar('int32', x.shape.length)
  return cast(b, b.op('Size', [b.op('Shape', [x])]), 'int32')
}

const reshape: Convert = call => reshaped(call.emitter, input(call, 0), listOf(call.emitter, input(call, 1)))

/** A tensor with the sizes of `wanted`, int64 in one axis. */
export function reshaped(b: Emitter, x: Value, wanted: Value): Value {
  const plain = plainTarget(x, wanted)
  if (plain) return b.op('Reshape', [x, b.ints(plain)])
  return b.op('Reshape', [x, wanted], { attributes: { allowzero: { int: 1 } } })
}

/**
 * A computed shape without computing it: free axes that stand where they stood are 0, and one that is left is −1.
 * Undefined where more are left, or a 0 means no elements.
 *
 *   [N, S, 768] to [N, S, 12, 64] -> [0, 0, 12, 64]
 *   [N, 7, 7, 512] to [N, 25088] -> [0, 25088]
 *   [N, S, 768] to [N·S, 768] -> [−1, 768]
 */
function plainTarget({ shape: from }: Value, { known }: Value): readonly number[] | undefined {
  if (!known || known.includes(0)) return undefined
  const target = known.map((element, i): number | null => {
    if (typeof element === 'number') return element
    return element !== null && from?.[i] === element ? 0 : null
  })
  const open = target.filter(element => element === null).length
  if (open === 0) return target as readonly number[]
  return open === 1 && !target.includes(-1) ? target.map(element => element ?? -1) : undefined
}

const squeeze: Convert = call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const axes = attributes.ints('squeeze_dims', attributes.ints('axis', []))
  return b.op('Squeeze', axes.length > 0 ? [x, b.ints(axes)] : [x])
}

const expandDims: Convert = call =>
  call.emitter.op('Unsqueeze', [input(call, 0), listOf(call.emitter, input(call, 1))])

const transpose: Convert = async call => {
  const x = input(call, 0)
  const order = await call.integers(1)
  if (new Set(order).size !== order.length)
    throw invalid(`${call.op} '${call.name}' has the order [${order.join(', ')}]`)
  const perm = order.map(axis => (axis < 0 ? axis + order.length : axis))
  return call.emitter.op('Transpose', [x], { attributes: { perm: { ints: perm } } })
}

const broadcastTo: Convert = call =>
  emit(call.emitter, 'Expand', [input(call, 0), listOf(call.emitter, input(call, 1))], { computed: [0] })

/** The shape that two shapes broadcast to: ones before the shorter one, and what is not 1 of each pair. */
const broadcastArgs: Convert = call => {
  const { emitter: b } = call
  const shapes = [int64(b, input(call, 0)), int64(b, input(call, 1))]
  const ranks = shapes.map(({ shape: [rankOfIt] = [null] }) => rankOfIt as Size)
  if (!ranks.every(count => typeof count === 'number')) throw new Refusal('of shapes whose rank is not known')
  const most = Math.max(...(ranks as number[]))
  const [first, second] = shapes.map((x, i) => padded(b, x, most - (ranks[i] as number)))
  const broadcast = b.op('Where', [b.op('Equal', [first, b.scalar('int64', 1)]), second, first])
  return cast(b, broadcast, input(call, 0).dtype)
}

function padded(b: Emitter, x: Value, ones: number): Value {
  if (ones === 0) return x
  return b.op('Concat', [b.ints(Array.from({ length: ones }, () => 1)), x], {
    attributes: { axis: { int: 0 } },
  })
}

export const shapeOps: OpTable = {
  Shape: { convert: shape },
  ShapeN: { convert: shape },
  Size: { convert: size },
  Rank: { convert: rank },
  Reshape: { convert: reshape },
  Squeeze: { convert: squeeze },
  ExpandDims: { convert: expandDims },
  Transpose: { convert: transpose, limits: 'an order that is not computed' },
  ConjugateTranspose: { convert: transpose, limits: 'an order that is not computed' },
  BroadcastTo: { convert: broadcastTo },
  BroadcastArgs: { convert: broadcastArgs },
}
