import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, like, listOf } from './emit.ts'
import { filledRows, scatterRows } from './scatter-rows.ts'

/** How values are shared out to rows. All int64. */
interface Partition {
  /** `[n]`: the row of each value. */
  readonly rows: Value
  /** `[r + 1]`: where each row begins, and the end of the last. */
  readonly splits: Value
  /** r, in one axis. */
  readonly count: Value
}

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

/** How often each number below `count` stands in a list: `[count]`. */
function countsOf(b: Emitter, numbers: Value, count: Value): Value {
  const column = b.op('Unsqueeze', [numbers, b.ints([1])])
  const ones = b.op('Expand', [b.scalar('int64', 1), b.op('Shape', [column])])
  const base = filledRows(b, b.scalar('int64', 0), count, b.ints([1]))
  const counts = scatterRows(b, { base, rows: numbers, updates: ones, reduction: 'add' })
  return b.op('Reshape', [counts, b.ints([-1])])
}

const sumsOf = (b: Emitter, x: Value): Value => b.op('CumSum', [x, b.scalar('int64', 0)])

/** The row of each of `total` values: how many rows begin at or before it, without the first. */
function bySplits(b: Emitter, splits: Value, total: Value): Partition {
  const begins = b.op('Slice', [splits, b.ints([1]), b.ints([-1])])
  const at = countsOf(b, begins, b.op('Add', [total, b.ints([1])]))
  const rows = b.op('Slice', [sumsOf(b, at), b.ints([0]), total])
  return { rows, splits, count: b.op('Sub', [b.op('Shape', [splits]), b.ints([1])]) }
}

function byRows(b: Emitter, rows: Value, count: Value): Partition {
  const ends = sumsOf(b, countsOf(b, rows, count))
  return { rows, splits: concat(b, [b.ints([0]), ends]), count }
}

/** Rows of different lengths as a matrix, or a tensor of more axes: filled up behind, or cut off. */
const toTensor: Convert = async call => {
  const { emitter: b, attributes } = call
  const [values, empty] = [input(call, 1), input(call, 2)]
  const total = b.op('Shape', [values], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  const partition = partitionOf(call, attributes.texts('row_partition_types'), total)
  const [height = -1, width = -1] = (await call.integers(0)).slice(0, 2)
  const { rows, splits, count } = partition
  const begins = b.op('Gather', [splits, rows])
  const all = b.op('Range', [
    b.scalar('int64', 0),
    b.op('Squeeze', [total, b.ints([0])]),
    b.scalar('int64', 1),
  ])
  const places = b.op('Sub', [all, begins])
  const sizes = {
    height: height < 0 ? count : b.ints([height]),
    width: width < 0 ? longest(b, splits) : b.ints([width]),
  }
  const inner = b.op('Shape', [values], { attributes: { start: { int: 1 } } })
  const base = emit(b, 'Expand', [empty, concat(b, [sizes.height, sizes.width, inner])], { computed: [0] })
  const at = b.op(
    'Concat',
    [b.op('Unsqueeze', [rows, b.ints([1])]), b.op('Unsqueeze', [places, b.ints([1])])],
    {
      attributes: { axis: { int: 1 } },
    },
  )
  const isIn = inside(b, [
    height < 0 ? undefined : [rows, sizes.height],
    width < 0 ? undefined : [places, sizes.width],
  ])
  if (!isIn) return b.op('ScatterND', [base, at, values])
  const kept = (x: Value): Value => b.op('Compress', [x, isIn], { attributes: { axis: { int: 0 } } })
  return b.op('ScatterND', [base, kept(at), kept(values)])
}

/** Where all numbers are below their limits; undefined where there are no limits. */
function inside(b: Emitter, limits: readonly (readonly [Value, Value] | undefined)[]): Value | undefined {
  const checks = limits.flatMap(limit => (limit ? [b.op('Less', limit)] : []))
  return checks.length < 2 ? checks[0] : b.op('And', checks)
}

/** The size of the largest row; 0 where there are none. */
function longest(b: Emitter, splits: Value): Value {
  const lengths = b.op('Sub', [
    b.op('Slice', [splits, b.ints([1]), b.ints([2 ** 31 - 1])]),
    b.op('Slice', [splits, b.ints([0]), b.ints([-1])]),
  ])
  return b.op('ReduceMax', [concat(b, [b.ints([0]), lengths]), b.ints([0])], {
    attributes: { keepdims: { int: 1 } },
  })
}

function partitionOf(call: OpCall, types: readonly string[], total: Value): Partition {
  const { emitter: b } = call
  const kinds = types.join(' ')
  if (kinds === 'ROW_SPLITS') return bySplits(b, int64(b, input(call, 3)), total)
  if (kinds === 'FIRST_DIM_SIZE VALUE_ROWIDS')
    return byRows(b, int64(b, input(call, 4)), listOf(b, input(call, 3)))
  throw new Refusal(`of ${types.length} ragged axes (${kinds.slice(0, 80)})`, 'One ragged axis is converted.')
}

/** How often each number below `size` occurs in each row. */
const bincount: Convert = call => {
  const { emitter: b, attributes } = call
  const [splits, values, size] = [int64(b, input(call, 0)), input(call, 1), listOf(b, input(call, 2))]
  const weights = input(call, 3)
  const binary = attributes.bool('binary_output', false)
  const { rows, count } = bySplits(b, splits, b.op('Shape', [values]))
  const cells = b.op('Mul', [count, size])
  const ids = int64(b, values)
  const own = b.op('Add', [b.op('Mul', [rows, size]), ids])
  // Numbers that are too large go to a cell more, which is cut off.
  const at = b.op('Where', [b.op('Less', [ids, size]), own, cells])
  const each = weights.shape?.[0] === 0 ? like(b, weights, 1) : weights
  const updates = b.op('Unsqueeze', [
    emit(b, 'Expand', [each, b.op('Shape', [values])], { computed: [0] }),
    b.ints([1]),
  ])
  const base = filledRows(b, like(b, weights, 0), b.op('Add', [cells, b.ints([1])]), b.ints([1]))
  const counts = scatterRows(b, { base, rows: at, updates, reduction: binary ? 'max' : 'add' })
  return b.op('Reshape', [b.op('Slice', [counts, b.ints([0]), cells]), concat(b, [count, size])])
}

/** Widths of n-grams of one op. */
const MAX_WIDTHS = 64

/**
 * Runs of neighbouring texts in each row, joined: those of the first width, then those of the next. Each is made at
 * every place, kept where it ends in its row, and they are put in order by row and width.
 */
const ngrams: Convert = call => {
  const { emitter: b, attributes } = call
  const [texts, given] = [input(call, 0), input(call, 1)]
  const widths = attributes.ints('ngram_widths')
  const separator = b.scalar('string', attributes.text('separator'))
  if (
    widths.length === 0 ||
    widths.length > MAX_WIDTHS ||
    widths.some(width => width < 1 || width > MAX_WIDTHS)
  )
    throw invalid(`${call.op} '${call.name}' has ngram_widths=[${widths.slice(0, 8).join(', ')}]`)
  if (attributes.int('pad_width', 0) !== 0) throw new Refusal('with padding', 'Set pad_width to 0.')
  if (attributes.bool('preserve_short_sequences', false)) throw new Refusal('preserve_short_sequences=true')
  const total = b.op('Shape', [texts])
  const { rows, splits, count } = bySplits(b, int64(b, given), total)
  const ends = b.op('Gather', [splits, b.op('Add', [rows, b.scalar('int64', 1)])])
  const places = b.op('Range', [
    b.scalar('int64', 0),
    b.op('Squeeze', [total, b.ints([0])]),
    b.scalar('int64', 1),
  ])
  const runs = widths.map((width, i) => {
    const isIn = b.op('LessOrEqual', [b.op('Add', [places, b.scalar('int64', width)]), ends])
    const key = b.op('Add', [b.op('Mul', [rows, b.scalar('int64', widths.length)]), b.scalar('int64', i)])
    const kept = (x: Value): Value => b.op('Compress', [x, isIn], { attributes: { axis: { int: 0 } } })
    return { texts: kept(runsOf(b, texts, width, separator)), keys: kept(key) }
  })
  const keys = concat(
    b,
    runs.map(run => run.keys),
  )
  const [, order] = b.ops('TopK', [keys, b.op('Shape', [keys])], 2, {
    attributes: { axis: { int: 0 }, largest: { int: 0 }, sorted: { int: 1 } },
  })
  const own = b.op('Div', [keys, b.scalar('int64', widths.length)])
  const after = concat(b, [b.ints([0]), sumsOf(b, countsOf(b, own, count))])
  return [
    b.op('Gather', [
      concat(
        b,
        runs.map(run => run.texts),
      ),
      order!,
    ]),
    cast(b, after, given.dtype),
  ]
}

/** Each text joined with those behind it; behind the end there are empty ones. */
function runsOf(b: Emitter, texts: Value, width: number, separator: Value): Value {
  if (width === 1) return texts
  const padded = concat(b, [
    texts,
    b.constant(
      'string',
      [width - 1],
      Array.from({ length: width - 1 }, () => ''),
    ),
  ])
  const shifted = Array.from({ length: width }, (_, i) =>
    b.op('Slice', [padded, b.ints([i]), b.op('Add', [b.op('Shape', [texts]), b.ints([i])])]),
  )
  return shifted
    .slice(1)
    .reduce((run, next) => b.op('StringConcat', [b.op('StringConcat', [run, separator]), next]), shifted[0]!)
}

export const raggedOps: OpTable = {
  RaggedTensorToTensor: { convert: toTensor, limits: 'one ragged axis' },
  RaggedBincount: { convert: bincount },
  StringNGrams: { convert: ngrams, limits: 'without padding' },
}
