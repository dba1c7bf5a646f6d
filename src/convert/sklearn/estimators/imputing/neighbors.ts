import { cast } from '../../../graph/cast.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { Columns, rowsOf } from '../../columns.ts'
import type { EstimatorConverter, Fitted } from '../../estimator.ts'
import { withIndicator } from './indicator.ts'
import { maskOf, missingOf, nanMask } from './missing.ts'

/**
 * Missing numbers from the nearest rows that have one, by the Euclidean distance of the columns that both have, scaled
 * up to all. Of rows that are equally far scikit-learn takes some, and this takes the first.
 */
export const knnImputer: EstimatorConverter = {
  limits: "metric='nan_euclidean'; of rows that are equally far, others may count",
  async convert(call) {
    const { estimator, input, emitter } = call
    estimator.choice('metric', ['nan_euclidean'], 'nan_euclidean')
    const donors = await donorsOf(estimator, input.width)
    const sent = input.matrix(emitter, 'float64')
    const mask = maskOf(emitter, sent, missingOf(estimator))
    const distances = distancesTo(emitter, sent, mask, donors)
    const weights = estimator.choice('weights', ['uniform', 'distance'], 'uniform')
    const most = estimator.integer('n_neighbors', 5, 1)
    const keep = estimator.bool('keep_empty_features', false)
    const columns = new Columns([sent]).split(emitter)
    const masks = new Columns([mask]).split(emitter)
    const filled = columns.flatMap(({ blocks: [column] }, i) => {
      const present = donors.present.filter((_, at) => at % donors.width === i)
      if (!present.includes(1)) return keep ? [zeros(emitter, column!)] : []
      const value = averaged(emitter, distances, donors, i, { weights, most })
      return [emitter.op('Where', [masks[i]!.blocks[0]!, value, column!], { types: [column!] })]
    })
    return withIndicator(call, new Columns(filled, input.open))
  },
}

/** The rows that it was fitted with, [count, width] in C order: numbers, 0 where one is missing, and which are there. */
interface Donors {
  readonly count: number
  readonly width: number
  readonly numbers: Float64Array
  readonly present: Uint8Array
}

async function donorsOf(estimator: Fitted, width: number): Promise<Donors> {
  const numbers = await estimator.floats('_fit_X', [null, width])
  const missing = missingOf(estimator)
  const isPresent = (number: number): boolean =>
    missing === null ? !Number.isNaN(number) : number !== Number(missing)
  const present = Uint8Array.from(numbers, number => Number(isPresent(number)))
  return {
    count: numbers.length / width,
    width,
    numbers: numbers.map((number, i) => (present[i] ? number : 0)),
    present,
  }
}

/** [N, count] in float64; infinite where no column is in both. */
function distancesTo(
  emitter: Emitter,
  sent: Value,
  mask: Value,
  { count, width, numbers, present }: Donors,
): Value {
  const shape = [rowsOf(sent), count]
  const table = (elements: ArrayLike<number>): Value =>
    emitter.constant('float64', [width, count], transposed(elements, count, width))
  const zero = emitter.scalar('float64', 0)
  const x = emitter.op('Where', [mask, zero, sent], { types: [sent] })
  const there = cast(emitter, emitter.op('Not', [mask]), 'float64')
  const product = (a: Value, b: Value): Value =>
    emitter.op('MatMul', [a, b], { types: [{ dtype: 'float64', shape }] })
  const crossed = emitter.op('Mul', [product(x, table(numbers)), emitter.scalar('float64', -2)])
  const own = product(emitter.op('Mul', [x, x]), table(present))
  const theirs = product(there, table(numbers.map(number => number * number)))
  const sum = emitter.op('Max', [emitter.op('Add', [emitter.op('Add', [own, theirs]), crossed]), zero], {
    types: [{ dtype: 'float64', shape }],
  })
  const common = product(there, table(present))
  const scaled = emitter.op('Mul', [emitter.op('Div', [sum, common]), emitter.scalar('float64', width)])
  const apart = emitter.op('Equal', [common, zero])
  return emitter.op('Where', [apart, emitter.scalar('float64', Infinity), emitter.op('Sqrt', [scaled])])
}

/** The weighted mean of the nearest donors of a column, [N, 1]; that of all where none has a column in common. */
function averaged(
  emitter: Emitter,
  distances: Value,
  { count, width, numbers, present }: Donors,
  column: number,
  { weights, most }: { readonly weights: 'uniform' | 'distance'; readonly most: number },
): Value {
  const places = Array.from({ length: count }, (_, i) => i).filter(i => present[i * width + column])
  const values = places.map(i => numbers[i * width + column]!)
  const k = Math.min(most, places.length)
  const rows = rowsOf(distances)
  const own = emitter.op('Gather', [distances, emitter.ints(places)], {
    attributes: { axis: { int: 1 } },
    types: [{ dtype: 'float64', shape: [rows, places.length] }],
  })
  const [near, at] = emitter.ops('TopK', [own, emitter.ints([k])], 2, {
    attributes: { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } },
    types: [
      { dtype: 'float64', shape: [rows, k] },
      { dtype: 'int64', shape: [rows, k] },
    ],
  })
  const known = emitter.op('Gather', [emitter.constant('float64', [places.length], values), at], {
    types: [{ dtype: 'float64', shape: [rows, k] }],
  })
  const weight = weights === 'uniform' ? ofFinite(emitter, near!) : ofDistance(emitter, near!)
  const total = summed(emitter, weight)
  const mean = emitter.op('Div', [summed(emitter, emitter.op('Mul', [weight, known])), total])
  const none = emitter.op('Equal', [total, emitter.scalar('float64', 0)])
  const all = values.reduce((sum, value) => sum + value, 0) / values.length
  return emitter.op('Where', [none, emitter.scalar('float64', all), mean])
}

function ofFinite(emitter: Emitter, distances: Value): Value {
  return cast(emitter, emitter.op('Less', [distances, emitter.scalar('float64', Infinity)]), 'float64')
}

/** 1/d; where a distance is 0, those of 0 count alone. */
function ofDistance(emitter: Emitter, distances: Value): Value {
  const zero = cast(emitter, emitter.op('Equal', [distances, emitter.scalar('float64', 0)]), 'float64')
  const some = emitter.op('Greater', [summed(emitter, zero), emitter.scalar('float64', 0)])
  return emitter.op('Where', [some, zero, emitter.op('Reciprocal', [distances])], { types: [distances] })
}

function summed(emitter: Emitter, x: Value): Value {
  return emitter.op('ReduceSum', [x, emitter.ints([1])], {
    types: [{ dtype: 'float64', shape: [rowsOf(x), 1] }],
  })
}

function zeros(emitter: Emitter, column: Value): Value {
  const some = nanMask(emitter, column)
  const zero = emitter.scalar('float64', 0)
  return emitter.op('Where', [emitter.op('Or', [some, emitter.op('Not', [some])]), zero, column], {
    types: [column],
  })
}

function transposed(elements: ArrayLike<number>, rows: number, columns: number): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => elements[(i % rows) * columns + Math.floor(i / rows)]!,
  )
}
