import { cast } from '../../../graph/cast.ts'
import { Columns } from '../../columns.ts'
import type { EstimatorConverter, Fitted } from '../../estimator.ts'
import { isKind } from '../../fitted/fitted.ts'
import { inputOf } from '../../names.ts'
import { lookedUp } from '../places.ts'
import { type Categories, categoriesOf, placesOf } from './categories.ts'

/** A category's place in `categories_`, or what stands for infrequent, missing and unknown ones. */
export const ordinalEncoder: EstimatorConverter = {
  limits: 'a category that it has not seen gives -1 where scikit-learn raises an error',
  async convert(call) {
    const { estimator, input, emitter, purpose } = call
    const categories = await categoriesOf(estimator)
    if (categories.length !== input.width)
      throw estimator.invalid('categories_', `has ${categories.length} columns, and gets ${input.width}`)
    const codes = await codesOf(estimator, categories)
    if (estimator.choice('handle_unknown', ['error', 'use_encoded_value'], 'error') === 'error')
      call.note('a category that it has not seen, at which scikit-learn raises an error, gives -1')
    const blocks = input
      .split(emitter)
      .map((column, i) => lookedUp(emitter, [codes[i]!], placesOf(call, column, categories[i]!), 'float32'))
    const dtype = estimator.value('dtype')
    const whole = purpose === 'predict' && isKind(dtype, 'name') && /^u?int/.test(dtype.name)
    return {
      kind: 'features',
      columns: new Columns(whole ? blocks.map(block => cast(emitter, block, 'int64')) : blocks),
    }
  },
  input: async estimator =>
    inputOf(
      estimator,
      (await categoriesOf(estimator)).map(({ type }) => type),
    ),
}

/** Of each column: the code of each category, and last of an unknown one. */
async function codesOf(
  estimator: Fitted,
  categories: readonly Categories[],
): Promise<readonly (readonly number[])[]> {
  const unknown = estimator.isNone('unknown_value') ? -1 : estimator.number('unknown_value')
  const forMissing = estimator.number('encoded_missing_value', Number.NaN)
  const enabled = estimator.bool('_infrequent_enabled', false)
  const mappings = enabled ? estimator.list('_default_to_infrequent_mappings') : []
  return Promise.all(
    categories.map(async ({ cells }, i) => {
      const found = mappings[i] ?? null
      const mapping =
        found === null
          ? undefined
          : await estimator.arrayOf(found, '_default_to_infrequent_mappings').integers()
      const codes = cells.map((cell, place) =>
        typeof cell === 'number' && Number.isNaN(cell) ? forMissing : (mapping?.[place] ?? place),
      )
      return [...codes, unknown]
    }),
  )
}
