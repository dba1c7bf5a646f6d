import { failing } from '../../../errors.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { rowsOf } from '../../columns.ts'
import { type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { isList } from '../../fitted/fitted.ts'

/** Columns that come of it: 100 columns to the power of 3 give 176,851. */
const MAX_COLUMNS = 2_000_000

const tooMany = failing('CONVERT_LIMIT', 'Choose fewer columns, or a lower degree.')

/** Products of up to `degree` columns, in the order of their columns: 1, a, b, a², ab, b² … */
export const polynomialFeatures: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const { least, most } = degreesOf(estimator)
    const alone = estimator.bool('interaction_only', false)
    const x = input.matrix(emitter, 'float64')
    const blocks: Value[] = estimator.bool('include_bias', true) ? [ones(emitter, x)] : []
    let combinations = Array.from(
      { length: input.width },
      (_, column): Product => ({ last: column, prefix: 0 }),
    )
    let block = x
    for (let degree = 1; degree <= most; degree++) {
      if (degree > 1) {
        combinations = longer(combinations, input.width, alone)
        if (combinations.length === 0) break
        block = products(emitter, block, x, combinations)
      }
      if (degree >= least) blocks.push(block)
    }
    return features(...blocks)
  },
}

/** A product of columns: the last, and the place of the product of those before it in the block of one degree less. */
interface Product {
  readonly last: number
  readonly prefix: number
}

/** `degree`, or (min, max). */
function degreesOf(estimator: Fitted): { readonly least: number; readonly most: number } {
  const value = estimator.value('degree') ?? 2
  const [least, most] = isList(value) ? value : [1, value]
  const fits = Number.isInteger(least) && Number.isInteger(most) && Number(least) >= 0 && Number(most) <= 100
  if (!fits) throw estimator.invalid('degree', `is (${String(least)}, ${String(most)})`)
  return { least: Number(least), most: Number(most) }
}

/** Each product with each column from its last on (with `alone`: behind its last). */
function longer(combinations: readonly Product[], width: number, alone: boolean): Product[] {
  const count = combinations.reduce((sum, { last }) => sum + width - last - Number(alone), 0)
  if (count > MAX_COLUMNS) throw tooMany(`PolynomialFeatures would give more than ${MAX_COLUMNS} columns`)
  return combinations.flatMap(({ last }, prefix) => {
    const from = alone ? last + 1 : last
    return Array.from({ length: width - from }, (_, i) => ({ last: from + i, prefix }))
  })
}

function products(emitter: Emitter, before: Value, x: Value, combinations: readonly Product[]): Value {
  const taken = (from: Value, places: readonly number[]): Value =>
    emitter.op('Gather', [from, emitter.ints(places)], {
      attributes: { axis: { int: 1 } },
      types: [{ dtype: 'float64', shape: [rowsOf(x), places.length] }],
    })
  return emitter.op('Mul', [
    taken(
      before,
      combinations.map(({ prefix }) => prefix),
    ),
    taken(
      x,
      combinations.map(({ last }) => last),
    ),
  ])
}

/** [N, 1] of 1, also where x holds what is no number. */
function ones(emitter: Emitter, x: Value): Value {
  const shape = [rowsOf(x), 1]
  const first = emitter.op('Gather', [x, emitter.ints([0])], {
    attributes: { axis: { int: 1 } },
    types: [{ dtype: 'float64', shape }],
  })
  const yes = emitter.constant('bool', [1, 1], [1])
  return emitter.op('Where', [yes, emitter.scalar('float64', 1), first], {
    types: [{ dtype: 'float64', shape }],
  })
}
