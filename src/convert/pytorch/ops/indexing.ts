import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import {
  axesOf,
  axisOf,
  cast,
  rankOf,
  shapeOf,
  sizeList,
  sizeOf,
  squeeze,
  transpose,
  unsqueeze,
} from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

const self = (call: AtenCall): Value => call.value('self')

const slice: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axis = axisOf(call.int('dim', 0), rankOf(x))
  const [start, end, step] = [call.size('start', 0), call.size('end', 2 ** 63), call.int('step', 1)]
  if (start === 0 && typeof end === 'number' && end >= 2 ** 62 && step === 1) return x
  return b.op('Slice', [x, sizeList(b, [start]), sizeList(b, [end]), b.ints([axis]), b.ints([step])])
}

const narrow: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axis = axisOf(call.int('dim'), rankOf(x))
  const [start, length] = [call.size('start'), call.size('length')]
  const end =
    typeof start === 'number' && typeof length === 'number'
      ? start + length
      : b.op('Add', [squeeze(b, sizeList(b, [start]), [0]), squeeze(b, sizeList(b, [length]), [0])])
  return b.op('Slice', [x, sizeList(b, [start]), sizeList(b, [end]), b.ints([axis])])
}

const select: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axis = axisOf(call.int('dim'), rankOf(x))
  const index = call.size('index')
  const place = typeof index === 'number' ? b.scalar('int64', index) : index
  return b.op('Gather', [x, place], { attributes: { axis: { int: axis } } })
}

const embedding: Convert = call => call.emitter.op('Gather', [call.value('weight'), call.value('indices')])

const indexSelect: Convert = call => {
  const x = self(call)
  const axis = axisOf(call.int('dim'), rankOf(x))
  return call.emitter.op('Gather', [x, call.value('index')], { attributes: { axis: { int: axis } } })
}

const gather: Convert = call => {
  const x = self(call)
  const axis = axisOf(call.int('dim'), rankOf(x))
  return call.emitter.op('GatherElements', [x, call.value('index')], { attributes: { axis: { int: axis } } })
}

const scatter =
  (reduction: string): Convert =>
  call => {
    const [b, x, index] = [call.emitter, self(call), call.value('index')]
    const axis = axisOf(call.int('dim'), rankOf(x))
    const updates = call.has('src')
      ? cast(b, call.value('src'), x.dtype)
      : b.op('Expand', [cast(b, call.operand('value', x), x.dtype), b.op('Shape', [index])])
    return b.op('ScatterElements', [x, index, updates], {
      attributes: { axis: { int: axis }, reduction: { text: reduction } },
    })
  }

/**
 * `x[i, j]`, some of the axes left whole. Indices side by side broadcast together and stand where the first of them
 * stands; with whole axes between them, in front (numpy's advanced indexing).
 */
const index: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const given = call.values('indices')
  const axes = given.flatMap((value, axis) => (value ? [axis] : []))
  const [first] = axes
  if (first === undefined) return x
  if (given.some(value => value?.dtype === 'bool'))
    throw new Refusal('a mask as an index: the size of what it picks is not known')
  const indices = axes.map(axis => cast(b, given[axis]!, 'int64'))
  if (axes.length === 1) return b.op('Gather', [x, indices[0]!], { attributes: { axis: { int: first } } })
  return several(b, x, axes, indices)
}

function several(b: Emitter, x: Value, axes: readonly number[], indices: readonly Value[]): Value {
  const rank = rankOf(x)
  const rest = Array.from({ length: rank }, (_, i) => i).filter(axis => !axes.includes(axis))
  const front = transpose(b, x, [...axes, ...rest])
  const places = Math.max(...indices.map(rankOf))
  const shape = b.op('Shape', [indices.reduce((sum, place) => b.op('Add', [sum, place]))])
  const wide = indices.map(place => unsqueeze(b, b.op('Expand', [place, shape]), [places]))
  const picked = b.op('GatherND', [front, b.op('Concat', wide, { attributes: { axis: { int: places } } })])
  const sideBySide = axes.every((axis, i) => axis === axes[0]! + i)
  if (!sideBySide) return picked
  // [places…, before…, after…] -> [before…, places…, after…]
  const before = rest.filter(axis => axis < axes[0]!).length
  const perm = [
    ...Array.from({ length: before }, (_, i) => places + i),
    ...Array.from({ length: places }, (_, i) => i),
    ...Array.from({ length: rest.length - before }, (_, i) => places + before + i),
  ]
  return transpose(b, picked, perm)
}

const flip: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axes = axesOf(call.ints('dims'), rankOf(x))
  if (axes.length === 0) return x
  const all = (value: number) => b.ints(axes.map(() => value))
  const end = b.constant(
    'int64',
    [axes.length],
    axes.map(() => -(2n ** 63n) + 1n),
  )
  return b.op('Slice', [x, all(-1), end, b.ints(axes), all(-1)])
}

const roll: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const axes = axesOf(call.ints('dims', []), rankOf(x))
  if (axes.length === 0) throw new Refusal('without dims')
  return call.ints('shifts').reduce((rolled, shift, i) => {
    const axis = axes[i]!
    const attributes = { axis: { int: axis } }
    const size = shapeOf(rolled)[axis]
    const by = typeof size === 'number' && size > 0 ? ((shift % size) + size) % size : shift
    if (by === 0) return rolled
    const cut = (start: number, end: number | bigint) =>
      b.op('Slice', [rolled, b.ints([start]), b.constant('int64', [1], [end]), b.ints([axis])])
    return b.op('Concat', [cut(-by, 2n ** 63n - 1n), cut(0, -by)], { attributes })
  }, x)
}

const triangle =
  (upper: boolean): Convert =>
  call => {
    const x = self(call)
    return call.emitter.op('Trilu', [x, call.emitter.scalar('int64', call.int('diagonal', 0))], {
      attributes: { upper: { int: upper ? 1 : 0 } },
    })
  }

/** How many elements there are. */
const numel: Convert = call => call.emitter.op('Size', [self(call)])

const size: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const found = sizeOf(b, x, axisOf(call.int('dim'), rankOf(x)))
  return typeof found === 'number' ? b.scalar('int64', found) : found
}

const oneHot: Convert = call => {
  const [b, x] = [call.emitter, self(call)]
  const depth = call.int('num_classes', -1)
  if (depth < 0) throw new Refusal('num_classes is not given')
  return b.op('OneHot', [x, b.scalar('int64', depth), b.constant('int64', [2], [0, 1])], {
    attributes: { axis: { int: -1 } },
  })
}

export const indices: OpTable = table({
  slice,
  narrow,
  select,
  embedding,
  index_select: indexSelect,
  gather,
  scatter: scatter('none'),
  scatter_add: scatter('add'),
  index,
  flip,
  roll,
  tril: triangle(false),
  triu: triangle(true),
  numel,
  sym_numel: numel,
  size,
  sym_size: size,
  one_hot: oneHot,
})
