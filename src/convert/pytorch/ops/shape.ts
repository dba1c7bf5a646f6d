import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import {
  axesOf,
  axisOf,
  invalid,
  rankOf,
  reshape,
  shapeOf,
  sizeList,
  sizeOf,
  squeeze,
  transpose,
  unsqueeze,
} from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

const self = (call: AtenCall): Value => call.value('self')

const view: Convert = call =>
  reshape(call.emitter, self(call), call.sizes(call.has('size') ? 'size' : 'shape'))

/** Sizes of some axes of x, as they are: computed where they are free. */
const sizesOf = (b: Emitter, x: Value, from: number, to: number): readonly (number | Value)[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => sizeOf(b, x, from + i))

const flatten: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const rank = rankOf(x)
  if (rank === 0) return b.op('Reshape', [x, b.ints([1])])
  const [start, end] = [axisOf(call.int('start_dim', 0), rank), axisOf(call.int('end_dim', -1), rank)]
  return joinAxes(b, x, start, end)
}

/** Axes from `start` to `end` as one. */
function joinAxes(b: Emitter, x: Value, start: number, end: number): Value {
  if (start === end) return x
  const rank = rankOf(x)
  return reshape(b, x, [...sizesOf(b, x, 0, start), -1, ...sizesOf(b, x, end + 1, rank)])
}

const unflatten: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const rank = rankOf(x)
  const axis = axisOf(call.int('dim'), rank)
  return reshape(b, x, [...sizesOf(b, x, 0, axis), ...call.sizes('sizes'), ...sizesOf(b, x, axis + 1, rank)])
}

const permute: Convert = call => {
  const x = self(call)
  return transpose(call.emitter, x, axesOf(call.ints('dims'), rankOf(x)))
}

const transposeTwo: Convert = call => {
  const x = self(call)
  const rank = rankOf(x)
  const [a, c] = [axisOf(call.int('dim0'), rank), axisOf(call.int('dim1'), rank)]
  const perm = Array.from({ length: rank }, (_, i) => (i === a ? c : i === c ? a : i))
  return transpose(call.emitter, x, perm)
}

const reversed: Convert = call => {
  const x = self(call)
  return transpose(call.emitter, x, Array.from({ length: rankOf(x) }, (_, i) => i).toReversed())
}

const movedim: Convert = call => {
  const x = self(call)
  const rank = rankOf(x)
  const [from, to] = [axesOf(call.ints('source'), rank), axesOf(call.ints('destination'), rank)]
  const rest = Array.from({ length: rank }, (_, i) => i).filter(axis => !from.includes(axis))
  const perm = Array.from({ length: rank }, (_, i) => (to.includes(i) ? from[to.indexOf(i)]! : rest.shift()!))
  return transpose(call.emitter, x, perm)
}

/** Axes of size 1 go; others are left. */
const squeezed: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const shape = shapeOf(x)
  const axes = call.has('dim') ? axesOf(call.ints('dim'), shape.length) : shape.map((_, axis) => axis)
  return squeeze(
    b,
    x,
    axes.filter(axis => shape[axis] === 1),
  )
}

const expand: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const sizes = call.sizes('size')
  const [rank, from] = [rankOf(x), sizes.length - rankOf(x)]
  if (from < 0) throw invalid(`A tensor of ${rank} axes is expanded to ${sizes.length}`)
  // −1 leaves a size: as 1, Expand does.
  return b.op('Expand', [
    x,
    sizeList(
      b,
      sizes.map(size => (size === -1 ? 1 : size)),
    ),
  ])
}

const expandAs: Convert = call =>
  call.emitter.op('Expand', [self(call), call.emitter.op('Shape', [call.value('other')])])

const repeat: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const times = call.sizes(call.has('repeats') ? 'repeats' : 'dims')
  const missing = Math.max(0, times.length - rankOf(x))
  const wide = unsqueeze(
    b,
    x,
    Array.from({ length: missing }, (_, i) => i),
  )
  const padded = [...new Array<number>(Math.max(0, rankOf(x) - times.length)).fill(1), ...times]
  return b.op('Tile', [wide, sizeList(b, padded)])
}

const present = (values: readonly (Value | undefined)[]): readonly Value[] =>
  values.filter(value => value !== undefined)

const cat: Convert = call => {
  // An empty tensor of one axis counts as nothing.
  const all = present(call.values('tensors'))
  const some = all.filter(({ shape }) => !(shape?.length === 1 && shape[0] === 0))
  const [first] = some
  if (!first) return all[0]!
  return call.emitter.op('Concat', some, {
    attributes: { axis: { int: axisOf(call.int('dim', 0), rankOf(first)) } },
  })
}

const stack: Convert = call => {
  const b = call.emitter
  const tensors = present(call.values('tensors'))
  const axis = axisOf(call.int('dim', 0), rankOf(tensors[0]!) + 1)
  return b.op(
    'Concat',
    tensors.map(tensor => unsqueeze(b, tensor, [axis])),
    { attributes: { axis: { int: axis } } },
  )
}

/** Pieces of these sizes along an axis. */
function pieces(b: Emitter, x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  if (sizes.length === 1) return [x]
  const dtype = x.dtype
  const types = sizes.map(size => ({
    dtype,
    shape: shapeOf(x).map((known, i) => (i === axis ? size : known)),
  }))
  return b.ops('Split', [x, b.ints(sizes)], sizes.length, { attributes: { axis: { int: axis } }, types })
}

function knownSize(x: Value, axis: number): number {
  const size = shapeOf(x)[axis]
  if (typeof size === 'number') return size
  throw new Refusal('an axis of free size is split')
}

const split: Convert = call => {
  const x = self(call)
  const axis = axisOf(call.int('dim', 0), rankOf(x))
  const given = call.ints(call.has('split_sizes') ? 'split_sizes' : 'split_size')
  if (given.length > 1 || call.has('split_sizes')) return pieces(call.emitter, x, axis, given)
  return pieces(call.emitter, x, axis, even(knownSize(x, axis), given[0]!))
}

/** A size in parts of `part`, the last one smaller. */
function even(size: number, part: number): readonly number[] {
  if (part <= 0 || size / part > 100_000) throw invalid(`${size} in parts of ${part}`)
  return Array.from({ length: Math.max(1, Math.ceil(size / part)) }, (_, i) =>
    Math.min(part, size - i * part),
  )
}

const chunk: Convert = call => {
  const x = self(call)
  const axis = axisOf(call.int('dim', 0), rankOf(x))
  const size = knownSize(x, axis)
  return pieces(call.emitter, x, axis, even(size, Math.max(1, Math.ceil(size / call.int('chunks')))))
}

const unbind: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axis = axisOf(call.int('dim', 0), rankOf(x))
  return pieces(b, x, axis, new Array<number>(knownSize(x, axis)).fill(1)).map(piece =>
    squeeze(b, piece, [axis]),
  )
}

const same: Convert = call => self(call)
/** Nothing is dropped at inference; in place the tensor is `self`. */
const dropout: Convert = call => call.value(call.has('input') ? 'input' : 'self')

export const shapes: OpTable = table({
  view,
  _unsafe_view: view,
  reshape: view,
  flatten,
  unflatten,
  permute,
  transpose: transposeTwo,
  t: reversed,
  numpy_T: reversed,
  mT: call => {
    const x = self(call)
    const axes = Array.from({ length: rankOf(x) }, (_, i) => i)
    return transpose(call.emitter, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
  },
  movedim,
  squeeze: squeezed,
  unsqueeze: call => unsqueeze(call.emitter, self(call), [axisOf(call.int('dim'), rankOf(self(call)) + 1)]),
  expand,
  expand_as: expandAs,
  repeat,
  tile: repeat,
  cat,
  concat: cat,
  stack,
  split,
  split_with_sizes: split,
  chunk,
  unbind,
  contiguous: same,
  clone: same,
  alias: same,
  detach: same,
  detach_: same,
  lift_fresh_copy: same,
  lift: same,
  dropout,
  feature_dropout: dropout,
  alpha_dropout: dropout,
})
