import type { Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { input, int64 } from './emit.ts'
import { FAR, stridedSlice } from './strided-slice.ts'

/** From `begin`, `size` elements of each axis; −1 takes the rest. */
const slice: Convert = call => {
  const { emitter: b } = call
  const [x, begin, size] = [
    input(call, 0),
    int64(call.emitter, input(call, 1)),
    int64(call.emitter, input(call, 2)),
  ]
  const [from, many] = [numbersOf(begin), numbersOf(size)]
  if (from && many && from.length === many.length) {
    const axes = from.map((_, i) => i).filter(i => from[i] !== 0 || many[i] !== -1)
    if (axes.length === 0) return x
    const ends = axes.map(i => (many[i] === -1 ? FAR : from[i]! + many[i]!))
    return b.op('Slice', [x, b.ints(axes.map(i => from[i]!)), b.ints(ends), b.ints(axes)])
  }
  const rest = b.op('Equal', [size, b.scalar('int64', -1)])
  const end = b.op('Where', [rest, b.scalar('int64', FAR), b.op('Add', [begin, size])])
  return b.op('Slice', [x, begin, end])
}

function numbersOf({ known }: Value): readonly number[] | undefined {
  return known?.every(element => typeof element === 'number') ? (known as readonly number[]) : undefined
}

export const sliceOps: OpTable = {
  Slice: { convert: slice },
  StridedSlice: { convert: stridedSlice, limits: 'strides that are not computed' },
}
