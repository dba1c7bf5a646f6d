import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, listOf, rankOf } from './emit.ts'

const gather: Convert = call => call.emitter.op('Gather', [input(call, 0), input(call, 1)])

/** Rows of an axis; with `batch_dims`, each batch by indices of its own. */
const gatherV2: Convert = async call => {
  const { emitter: b } = call
  const [x, indices] = [input(call, 0), input(call, 1)]
  const [axis = 0] = call.inputs.length > 2 ? await call.integers(2) : [0]
  const given = call.attributes.int('batch_dims', 0)
  if (given === 0) return b.op('Gather', [x, indices], { attributes: { axis: { int: axis } } })
  const batch = given < 0 ? given + rankOf(indices) : given
  const at = axis < 0 ? axis + rankOf(x) : axis
  return gatherBatches(b, x, indices, at, batch)
}

/**
 * The axis is brought behind the batch's, its elements are taken, and what stood between is brought back.
 *
 *   x [B, P, n, S], indices [B, I], axis 2 -> [B, n, P, S] -> [B, I, P, S] -> [B, P, I, S]
 */
function gatherBatches(b: Emitter, x: Value, indices: Value, axis: number, batch: number): Value {
  const [rank, taken] = [rankOf(x), rankOf(indices) - batch]
  const between = axis - batch
  if (between < 0 || taken < 0 || batch < 0 || axis >= rank)
    throw invalid(`${b.source.kind} '${b.source.name}' has ${batch} batch axes and axis ${axis} of ${rank}`)
  const ahead = [...upTo(batch), axis, ...upTo(rank).filter(i => i >= batch && i !== axis)]
  const moved = between === 0 ? x : transposed(b, x, ahead)
  const list = b.op('Unsqueeze', [int64(b, indices), b.ints([-1])])
  const y = b.op('GatherND', [moved, list], { attributes: { batch_dims: { int: batch } } })
  if (between === 0) return y
  const [first, last] = [batch, batch + taken]
  const middle = upTo(between).map(i => last + i)
  const inner = upTo(taken).map(i => first + i)
  const rest = upTo(rank - axis - 1).map(i => last + between + i)
  return transposed(b, y, [...upTo(batch), ...middle, ...inner, ...rest])
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

const transposed = (b: Emitter, x: Value, perm: readonly number[]): Value =>
  b.op('Transpose', [x], { attributes: { perm: { ints: perm } } })

const gatherNd: Convert = call => {
  const { emitter: b } = call
  return b.op('GatherND', [input(call, 0), int64(b, input(call, 1))])
}

/** Where it is true, or not 0: [n, rank], int64. */
const where: Convert = call => {
  const { emitter: b } = call
  const found = emit(b, 'NonZero', [input(call, 0)])
  return b.op('Transpose', [found], { attributes: { perm: { ints: [1, 0] } } })
}

const invertPermutation: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const count = b.op('Size', [x])
  const order = b.op('Range', [b.scalar('int64', 0), count, b.scalar('int64', 1)])
  const places = int64(b, x)
  const inverse = b.op('ScatterElements', [places, places, order])
  return cast(b, inverse, x.dtype)
}

/** Places in a list as places in a tensor of these sizes: `[axes, n]`. */
const unravelIndex: Convert = call => {
  const { emitter: b } = call
  const [places, sizes] = [int64(b, input(call, 0)), int64(b, input(call, 1))]
  const [rank] = sizes.shape ?? []
  if (typeof rank !== 'number')
    throw invalid(`${call.op} '${call.name}' has sizes of a number that is not known`)
  const steps = upTo(rank).map(i =>
    b.op('ReduceProd', [b.op('Slice', [sizes, b.ints([i + 1]), b.ints([rank])]), b.ints([0])], {
      attributes: { keepdims: { int: 1 } },
    }),
  )
  const after = upTo(rankOf(places)).map(i => i + 1)
  const column = (x: Value): Value => (after.length > 0 ? b.op('Unsqueeze', [x, b.ints(after)]) : x)
  const all = b.op('Concat', steps, { attributes: { axis: { int: 0 } } })
  const inside = b.op('Mod', [b.op('Div', [places, column(all)]), column(sizes)])
  return cast(b, inside, input(call, 0).dtype)
}

/** Indices of elements equal to 1 in `on`, else `off`, along a new axis of `depth`. */
const oneHot: Convert = call => {
  const { emitter: b } = call
  const [indices, depth, on, off] = [input(call, 0), input(call, 1), input(call, 2), input(call, 3)]
  const rank = rankOf(indices)
  const given = call.attributes.int('axis', -1)
  const axis = given < 0 ? rank : given
  if (axis > rank) throw invalid(`${call.op} '${call.name}' has no axis ${given}`)
  const classes = b.op('Range', [
    b.scalar('int64', 0),
    b.op('Squeeze', [listOf(b, depth), b.ints([0])]),
    b.scalar('int64', 1),
  ])
  const after = upTo(rank - axis).map(i => i + 1)
  const across = after.length > 0 ? b.op('Unsqueeze', [classes, b.ints(after)]) : classes
  const hits = b.op('Equal', [b.op('Unsqueeze', [int64(b, indices), b.ints([axis])]), across])
  return emit(b, 'Where', [hits, on, off], { computed: [1, 2] })
}

export const gatherOps: OpTable = {
  Gather: { convert: gather },
  GatherV2: { convert: gatherV2, limits: 'along an axis that is not computed' },
  GatherNd: { convert: gatherNd },
  Where: { convert: where },
  InvertPermutation: { convert: invertPermutation },
  OneHot: { convert: oneHot },
  UnravelIndex: { convert: unravelIndex },
}
