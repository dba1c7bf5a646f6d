import { Columns } from '../../columns.ts'
import type { EstimatorConverter } from '../../estimator.ts'
import { inputOf } from '../../names.ts'
import { lookedUp } from '../places.ts'
import { categoriesOf, placesOf } from './categories.ts'

/** The target's mean within a category, shrunk towards that of all; of several classes one column each. */
export const targetEncoder: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const categories = await categoriesOf(estimator)
    const encodings = await Promise.all(estimator.arrays('encodings_').map(array => array.floats()))
    const means = await estimator.floats('target_mean_')
    const each = encodings.length / categories.length
    if (categories.length !== input.width || !Number.isInteger(each) || (each > 1 && means.length !== each))
      throw estimator.invalid(
        'encodings_',
        `has ${encodings.length} columns, of ${categories.length} columns of categories, and gets ${input.width}`,
      )
    const blocks = input.split(emitter).flatMap((column, i) => {
      const place = placesOf(call, column, categories[i]!)
      return Array.from({ length: each }, (_, target) => {
        const encoding = encodings[i * each + target]!
        if (encoding.length !== categories[i]!.cells.length)
          throw estimator.invalid('encodings_', `has ${encoding.length} elements of a column's categories`)
        const table = [...encoding, means[target % means.length]!]
        return lookedUp(emitter, [table], place, 'float64')
      })
    })
    return { kind: 'features', columns: new Columns(blocks) }
  },
  input: async estimator =>
    inputOf(
      estimator,
      (await categoriesOf(estimator)).map(({ type }) => type),
    ),
}
