import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Columns, rowsOf } from '../../columns.ts'
import { type EstimatorCall, type EstimatorConverter, features } from '../../estimator.ts'
import { comparable } from '../comparable.ts'
import { nanMask } from '../imputing/missing.ts'
import { countAtMost } from '../places.ts'
import { type Extrapolation, type Pieces, piecesOf } from './spline-pieces.ts'

/** B-splines of each column. */
export const splineTransformer: EstimatorConverter = {
  limits: "extrapolation='linear' with degree < 2 for one column only",
  async convert(call) {
    const { estimator, input, emitter } = call
    const extrapolation = estimator.choice('extrapolation', EXTRAPOLATIONS, 'constant')
    if (extrapolation === 'error')
      call.note('beyond the knots, where scikit-learn raises an error, splines go on as they are')
    if (extrapolation === 'linear' && input.width > 1 && estimator.integer('degree', 3) < 2)
      throw new Refusal(
        "extrapolation='linear' with degree < 2 of several columns: scikit-learn takes other knots from the second column on",
        'Fit it with degree=3, or one for each column.',
      )
    const splines = estimator.list('bsplines_').map(spline => estimator.innerOf(spline, 'bsplines_'))
    if (splines.length !== input.width)
      throw estimator.invalid('bsplines_', `has ${splines.length} columns, and gets ${input.width}`)
    const columns = input.split(emitter)
    const blocks = await Promise.all(
      splines.map(async (spline, i) =>
        splinesOf(call, columns[i]!, await piecesOf(spline, extrapolation), extrapolation),
      ),
    )
    return features(...blocks)
  },
}

const EXTRAPOLATIONS: readonly Extrapolation[] = ['error', 'constant', 'linear', 'continue', 'periodic']

function splinesOf(
  { estimator, emitter }: EstimatorCall,
  column: Columns,
  { ends, starts, polynomials, low, high }: Pieces,
  extrapolation: Extrapolation,
): Value {
  const sent = column.matrix(emitter, 'float64')
  const rows = rowsOf(sent)
  const periodic = extrapolation === 'periodic'
  const x = periodic ? wrapped(emitter, sent, low, high) : sent
  const { x: compared, atLeast, above } = comparable(emitter, periodic ? new Columns([x]) : column)
  // At the last knot the last piece still counts.
  const places = countAtMost(emitter, compared, [ends.map(end => (end === high ? above(end) : atLeast(end)))])
  const flat = emitter.op('Reshape', [places, emitter.ints([-1])], {
    types: [{ dtype: 'int64', shape: [rows] }],
  })
  const all = estimator.bool('include_bias', true)
    ? polynomials
    : polynomials.map(piece => piece.slice(0, -1))
  const [splines, powers] = [all[0]!.length, polynomials[0]![0]!.length]
  const table = emitter.constant('float64', [all.length, splines, powers], all.flat(2))
  const own = emitter.op('Gather', [table, flat], {
    types: [{ dtype: 'float64', shape: [rows, splines, powers] }],
  })
  const start = emitter.op('Gather', [emitter.constant('float64', [starts.length], starts), places], {
    types: [{ dtype: 'float64', shape: [rows, 1] }],
  })
  const raised = powersOf(emitter, emitter.op('Sub', [x, start]), powers)
  const terms = emitter.op('Mul', [own, raised], {
    types: [{ dtype: 'float64', shape: [rows, splines, powers] }],
  })
  const sum = emitter.op('ReduceSum', [terms, emitter.ints([2])], {
    attributes: { keepdims: { int: 0 } },
    types: [{ dtype: 'float64', shape: [rows, splines] }],
  })
  if (estimator.isNone('handle_missing') || estimator.text('handle_missing') !== 'zeros') return sum
  return emitter.op('Where', [nanMask(emitter, sent), emitter.scalar('float64', 0), sum], { types: [sum] })
}

/** low + (x − low) mod (high − low), as numpy's % has the divisor's sign. */
function wrapped(emitter: Emitter, x: Value, low: number, high: number): Value {
  const [from, width] = [emitter.scalar('float64', low), emitter.scalar('float64', high - low)]
  const moved = emitter.op('Sub', [x, from])
  const turns = emitter.op('Floor', [emitter.op('Div', [moved, width])])
  return emitter.op('Add', [from, emitter.op('Sub', [moved, emitter.op('Mul', [turns, width])])])
}

/** [N, 1] to 1, u, u² … as [N, 1, count]. */
function powersOf(emitter: Emitter, u: Value, count: number): Value {
  const rows = rowsOf(u)
  const exponents = emitter.constant(
    'float64',
    [count],
    Array.from({ length: count }, (_, power) => power),
  )
  const all = emitter.op('Pow', [u, exponents], { types: [{ dtype: 'float64', shape: [rows, count] }] })
  return emitter.op('Unsqueeze', [all, emitter.ints([1])], {
    types: [{ dtype: 'float64', shape: [rows, 1, count] }],
  })
}
