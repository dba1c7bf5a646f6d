import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, like, listOf, rankOf } from './emit.ts'
import { asRows, filledRows, type Reduction, scatterRows } from './scatter-rows.ts'

/** What is done with the rows of one segment. */
type Way = 'sum' | 'mean' | 'sqrt-n' | 'prod' | 'max' | 'min'

const REDUCTIONS: Readonly<Record<Way, Reduction>> = {
  sum: 'add',
  mean: 'add',
  'sqrt-n': 'add',
  prod: 'mul',
  max: 'max',
  min: 'min',
}

interface Segments {
  /** `[n, …]`. */
  readonly data: Value
  /** `[n]`, int64, from 0. */
  readonly ids: Value
  /** int64 in one axis. */
  readonly count: Value
  readonly way: Way
  /** What a segment without rows has. */
  readonly empty: number
}

/** `[count, …]`: the rows of each segment together. */
function segments(b: Emitter, { data, ids, count, way, empty }: Segments): Value {
  const { flat, behind } = asRows(b, data)
  const width = b.op('Shape', [flat], { attributes: { start: { int: 1 } } })
  const base = filledRows(b, like(b, data, startOf(way, data)), count, width)
  const sums = scatterRows(b, { base, rows: ids, updates: flat, reduction: REDUCTIONS[way] })
  const own = way === 'sum' || way === 'prod' ? sums : counted(b, sums, { ids, count, way, empty })
  const shape = b.op('Concat', [count, behind], { attributes: { axis: { int: 0 } } })
  return b.op('Reshape', [own, shape])
}

const LIMITS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  float16: [-65504, 65504],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
  int8: [-128, 127],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
}
const MAX_FLOAT32 = 3.4028234663852886e38

/** What a segment starts from. */
function startOf(way: Way, { dtype }: Value): number {
  const [low, high] = LIMITS[dtype] ?? [-MAX_FLOAT32, MAX_FLOAT32]
  return way === 'prod' ? 1 : way === 'max' ? low : way === 'min' ? high : 0
}

/** Means by how many rows a segment has; extremes of those that have any. */
function counted(
  b: Emitter,
  sums: Value,
  { ids, count, way, empty }: Pick<Segments, 'ids' | 'count' | 'way' | 'empty'>,
): Value {
  const column = b.op('Unsqueeze', [ids, b.ints([1])])
  const ones = b.op('Expand', [like(b, sums, 1), b.op('Shape', [column])])
  const zeros = filledRows(b, like(b, sums, 0), count, b.ints([1]))
  const rows = scatterRows(b, { base: zeros, rows: ids, updates: ones, reduction: 'add' })
  if (way === 'max' || way === 'min') {
    if (empty === startOf(way, sums)) return sums
    const isEmpty = emit(b, 'Equal', [rows, like(b, sums, 0)])
    return emit(b, 'Where', [isEmpty, like(b, sums, empty), sums], { computed: [1, 2] })
  }
  const least = emit(b, 'Max', [rows, like(b, sums, 1)])
  return emit(b, 'Div', [sums, way === 'mean' ? least : emit(b, 'Sqrt', [least])])
}

/** Segments by sorted ids: as many as the last id says. */
const sorted =
  (way: Way): Convert =>
  call => {
    const { emitter: b } = call
    const ids = int64(b, input(call, 1))
    return segments(b, {
      data: input(call, 0),
      ids,
      count: countOf(b, ids),
      way,
      empty: way === 'prod' ? 1 : 0,
    })
  }

/** The largest id and one, in one axis; 0 where there are no ids. */
function countOf(b: Emitter, ids: Value): Value {
  const all = b.op('Concat', [b.ints([-1]), ids], { attributes: { axis: { int: 0 } } })
  const last = b.op('ReduceMax', [all, b.ints([0])], { attributes: { keepdims: { int: 1 } } })
  return b.op('Add', [last, b.ints([1])])
}

/** Ids of any order and shape; rows with an id below 0 take no part: they go to a row more, which is cut off. */
const unsorted =
  (way: Way): Convert =>
  call => {
    const { emitter: b } = call
    const [data, given] = [input(call, 0), int64(b, input(call, 1))]
    const axes = rankOf(given)
    const count = listOf(b, input(call, 2))
    const ids = b.op('Reshape', [given, b.ints([-1])])
    const isOut = b.op('Less', [ids, b.scalar('int64', 0)])
    const kept = b.op('Where', [isOut, count, ids])
    const more = b.op('Add', [count, b.ints([1])])
    const behind = b.op('Shape', [data], { attributes: { start: { int: axes } } })
    const rows =
      axes === 1
        ? data
        : b.op('Reshape', [
            data,
            b.op('Concat', [b.ints([-1]), behind], { attributes: { axis: { int: 0 } } }),
          ])
    const all = segments(b, { data: rows, ids: kept, count: more, way, empty: startOf(way, data) })
    return b.op('Slice', [all, b.ints([0]), count, b.ints([0])])
  }

/** Segments of rows that are looked up first. */
const sparse =
  (way: Way): Convert =>
  call => {
    const { emitter: b, inputs } = call
    const data = b.op('Gather', [input(call, 0), input(call, 1)])
    const ids = int64(b, input(call, 2))
    const count = inputs[3] ? listOf(b, inputs[3]) : countOf(b, ids)
    return segments(b, { data, ids, count, way, empty: 0 })
  }

/** How often each number below `size` occurs, or the sum of its weights. */
const bincount: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, size, weights] = [input(call, 0), listOf(b, input(call, 1)), input(call, 2)]
  const binary = attributes.bool('binary_output', false)
  const rank = rankOf(x)
  const perRow = call.op === 'DenseBincount' && rank === 2
  if (call.op === 'DenseBincount' && rank > 2) throw invalid(`${call.op} '${call.name}' has ${rank} axes`)
  const ids = int64(b, x)
  const isOut = b.op('GreaterOrEqual', [ids, size])
  const more = b.op('Add', [size, b.ints([1])])
  const kept = b.op('Where', [isOut, size, ids])
  const each = weights.shape?.[0] === 0 ? like(b, weights, 1) : weights
  const updates = emit(b, 'Expand', [each, b.op('Shape', [x])], { computed: [0] })
  if (perRow) return countedRows(b, { ids: kept, updates, more, size, binary })
  const flat = b.op('Reshape', [updates, b.ints([-1, 1])])
  const base = filledRows(b, like(b, weights, 0), more, b.ints([1]))
  const rows = b.op('Reshape', [kept, b.ints([-1])])
  const counts = scatterRows(b, { base, rows, updates: flat, reduction: binary ? 'max' : 'add' })
  return b.op('Reshape', [b.op('Slice', [counts, b.ints([0]), size, b.ints([0])]), b.ints([-1])])
}

interface CountedRows {
  readonly ids: Value
  readonly updates: Value
  readonly more: Value
  readonly size: Value
  readonly binary: boolean
}

function countedRows(b: Emitter, { ids, updates, more, size, binary }: CountedRows): Value {
  const rows = b.op('Shape', [ids], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  const base = filledRows(b, like(b, updates, 0), rows, more)
  const counts = b.op('ScatterElements', [base, ids, updates], {
    attributes: { axis: { int: 1 }, reduction: { text: binary ? 'max' : 'add' } },
  })
  return cast(b, b.op('Slice', [counts, b.ints([0]), size, b.ints([1])]), updates.dtype)
}

export const segmentOps: OpTable = {
  SegmentSum: { convert: sorted('sum') },
  SegmentMean: { convert: sorted('mean') },
  SegmentProd: { convert: sorted('prod') },
  SegmentMax: { convert: sorted('max') },
  SegmentMin: { convert: sorted('min') },
  UnsortedSegmentSum: { convert: unsorted('sum') },
  UnsortedSegmentProd: { convert: unsorted('prod') },
  UnsortedSegmentMax: { convert: unsorted('max') },
  UnsortedSegmentMin: { convert: unsorted('min') },
  SparseSegmentSum: { convert: sparse('sum') },
  SparseSegmentMean: { convert: sparse('mean') },
  SparseSegmentSqrtN: { convert: sparse('sqrt-n') },
  SparseSegmentSumWithNumSegments: { convert: sparse('sum') },
  SparseSegmentMeanWithNumSegments: { convert: sparse('mean') },
  SparseSegmentSqrtNWithNumSegments: { convert: sparse('sqrt-n') },
  Bincount: { convert: bincount },
  DenseBincount: { convert: bincount },
}
