import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, listOf, rankOf } from './emit.ts'
import { FAR } from './strided-slice.ts'

function reversed(b: Emitter, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x
  const all = (bound: number) => b.ints(axes.map(() => bound))
  return b.op('Slice', [x, all(FAR), all(-FAR), b.ints(axes), all(-1)])
}

/** Of each axis, whether it is turned around. */
const reverse: Convert = async call => {
  const flags = await call.integers(1)
  return reversed(
    call.emitter,
    input(call, 0),
    Array.from(flags.keys()).filter(i => flags[i] !== 0),
  )
}

const reverseV2: Convert = async call => reversed(call.emitter, input(call, 0), await call.integers(1))

/** Each batch turned around up to a length of its own. ONNX has the two axes in front. */
const reverseSequence: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, lengths] = [input(call, 0), int64(b, input(call, 1))]
  const rank = rankOf(x)
  const [sequence, batch] = [attributes.int('seq_dim'), attributes.int('batch_dim', 0)]
  const isAxis = (axis: number): boolean => axis >= 0 && axis < rank
  if (!isAxis(sequence) || !isAxis(batch) || sequence === batch)
    throw invalid(`${call.op} '${call.name}' has the axes ${sequence} and ${batch} of ${rank}`)
  const isAhead = sequence < 2 && batch < 2
  const order = [
    batch,
    sequence,
    ...Array.from({ length: rank }, (_, i) => i).filter(i => i !== batch && i !== sequence),
  ]
  const moved = isAhead ? x : transposed(b, x, order)
  const [time, batchAxis] = isAhead ? [sequence, batch] : [1, 0]
  const y = b.op('ReverseSequence', [moved, lengths], {
    attributes: { time_axis: { int: time }, batch_axis: { int: batchAxis } },
  })
  return isAhead
    ? y
    : transposed(
        b,
        y,
        order.map((_, axis) => order.indexOf(axis)),
      )
}

const transposed = (b: Emitter, x: Value, perm: readonly number[]): Value =>
  b.op('Transpose', [x], { attributes: { perm: { ints: perm } } })

/** Elements that leave an axis behind come in before it. */
const roll: Convert = async call => {
  const { emitter: b } = call
  const [x, shifts] = [input(call, 0), listOf(b, input(call, 1))]
  const axes = await call.integers(2)
  return axes.reduce((value, axis, i) => rolled(b, value, b.op('Gather', [shifts, b.ints([i])]), axis), x)
}

/** x[−s:] and then x[:−s], s from 0 to the size of the axis. */
function rolled(b: Emitter, x: Value, shift: Value, axis: number): Value {
  const at = axis < 0 ? axis + rankOf(x) : axis
  const size = b.op('Shape', [x], { attributes: { start: { int: at }, end: { int: at + 1 } } })
  const cut = b.op('Sub', [size, b.op('Mod', [shift, size])])
  const last = b.op('Slice', [x, cut, b.ints([FAR]), b.ints([at])])
  const first = b.op('Slice', [x, b.ints([0]), cut, b.ints([at])])
  return b.op('Concat', [last, first], { attributes: { axis: { int: at } } })
}

function largest(b: Emitter, x: Value, k: Value, order: 'largest' | 'smallest'): readonly [Value, Value] {
  const [values, places] = b.ops('TopK', [x, listOf(b, k)], 2, {
    attributes: { axis: { int: -1 }, largest: { int: Number(order === 'largest') }, sorted: { int: 1 } },
  })
  return [values!, places!]
}

const topK: Convert = call => {
  const { emitter: b, attributes } = call
  const k = call.op === 'TopK' ? b.ints([attributes.int('k')]) : input(call, 1)
  const [values, places] = largest(b, input(call, 0), k, 'largest')
  return [values, cast(b, places, attributes.dtype('index_type', 'int32'))]
}

/** The element that would stand at n if the last axis were sorted. */
const nthElement: Convert = call => {
  const { emitter: b, attributes } = call
  const n = b.op('Add', [listOf(b, input(call, 1)), b.ints([1])])
  const order = attributes.bool('reverse', false) ? 'largest' : 'smallest'
  const [values] = largest(b, input(call, 0), n, order)
  return b.op('Gather', [values, b.scalar('int64', -1)], { attributes: { axis: { int: -1 } } })
}

/** Elements as they come first, of which each is one, and how many are alike. */
const unique: Convert = call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const indices = attributes.dtype('out_idx', 'int32')
  const wide = /^(u?int(8|16|32)|uint64)$/.test(x.dtype)
    ? int64(b, x)
    : cast(b, x, x.dtype === 'bfloat16' ? 'float32' : x.dtype)
  const [values, , places, counts] = b.ops('Unique', [wide], 4, { attributes: { sorted: { int: 0 } } })
  return [cast(b, values!, x.dtype), cast(b, places!, indices), cast(b, counts!, indices)]
}

/** Along an axis that is the only one. */
const uniqueV2: Convert = async call => {
  const axes = await call.integers(1)
  if (axes.length > 0 && rankOf(input(call, 0)) !== 1)
    throw new Refusal('along an axis of a tensor that has several')
  return unique(call)
}

/** Elements of the first list that the second doesn't have, and where they stood. */
const listDiff: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, y] = [input(call, 0), input(call, 1)]
  const hits = cast(b, emit(b, 'Equal', [b.op('Unsqueeze', [x, b.ints([1])]), y]), 'int32')
  const count = b.op('ReduceSum', [hits, b.ints([1])], { attributes: { keepdims: { int: 0 } } })
  const isOther = b.op('Equal', [count, b.scalar('int32', 0)])
  const kept = b.op('Compress', [x, isOther], { attributes: { axis: { int: 0 } } })
  const places = b.op('Reshape', [b.op('NonZero', [isOther]), b.ints([-1])])
  return [kept, cast(b, places, attributes.dtype('out_idx', 'int32'))]
}

/** In which bucket an element falls: how many boundaries it is not below. */
const bucketize: Convert = call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const boundaries = attributes.floats('boundaries', [])
  const wide = x.dtype === 'float64' ? x : cast(b, x, x.dtype.includes('int') ? 'float64' : 'float32')
  const bounds = b.constant(wide.dtype, [boundaries.length], boundaries)
  return countOf(b, b.op('GreaterOrEqual', [b.op('Unsqueeze', [wide, b.ints([-1])]), bounds]), 'int32')
}

function countOf(b: Emitter, hits: Value, dtype: 'int32' | 'int64'): Value {
  const attributes = { keepdims: { int: 0 } }
  return b.op('ReduceSum', [cast(b, hits, dtype), b.ints([-1])], { attributes })
}

/** Where values would stand in sorted rows: how many elements are below them, or not above. */
const bound =
  (op: 'Less' | 'LessOrEqual'): Convert =>
  (call: OpCall) => {
    const { emitter: b, attributes } = call
    const rows = b.op('Unsqueeze', [input(call, 0), b.ints([-2])])
    const values = b.op('Unsqueeze', [input(call, 1), b.ints([-1])])
    const dtype = attributes.dtype('out_type', 'int32')
    return countOf(b, emit(b, op, [rows, values]), dtype === 'int64' ? 'int64' : 'int32')
  }

export const orderOps: OpTable = {
  Reverse: { convert: reverse, limits: 'of axes that are not computed' },
  ReverseV2: { convert: reverseV2, limits: 'of axes that are not computed' },
  ReverseSequence: { convert: reverseSequence },
  Roll: { convert: roll, limits: 'along axes that are not computed' },
  TopK: { convert: topK },
  TopKV2: { convert: topK },
  NthElement: { convert: nthElement },
  Unique: { convert: unique },
  UniqueV2: { convert: uniqueV2, limits: 'of one axis' },
  UniqueWithCounts: { convert: unique },
  UniqueWithCountsV2: { convert: uniqueV2, limits: 'of one axis' },
  ListDiff: { convert: listDiff },
  Bucketize: { convert: bucketize },
  LowerBound: { convert: bound('Less') },
  UpperBound: { convert: bound('LessOrEqual') },
}
