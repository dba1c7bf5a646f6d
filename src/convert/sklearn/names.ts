import type { InputColumns } from './estimator.ts'
import type { Fitted } from './fitted/fitted.ts'

const WIDTH = ['n_features_in_', '_n_features', 'n_features_']
/** Columns of a model's input: a text's vocabulary has some millions of words. */
const MAX_WIDTH = 10_000_000

/** How many columns it was fitted with; undefined where it does not say. */
export function widthOfInput(estimator: Fitted): number | undefined {
  if (!estimator.has(WIDTH)) return undefined
  const width = estimator.integer(WIDTH, undefined, 1)
  if (width > MAX_WIDTH) throw estimator.invalid(WIDTH, `is ${width}, more than ${MAX_WIDTH}`)
  return width
}

/** Of those who were fitted with a DataFrame. */
export async function namesOf(estimator: Fitted): Promise<readonly string[] | undefined> {
  if (estimator.isNone('feature_names_in_')) return undefined
  return (await estimator.cells('feature_names_in_')).map(String)
}

/** Columns of given types, by default a matrix of as many numbers as it was fitted with. */
export async function inputOf(
  estimator: Fitted,
  types?: Extract<InputColumns, { readonly kind: 'columns' }>['types'],
): Promise<InputColumns | undefined> {
  const width = types?.length ?? widthOfInput(estimator)
  if (width === undefined) return undefined
  const names = await namesOf(estimator)
  return {
    kind: 'columns',
    types: types ?? Array.from({ length: width }, () => undefined),
    ...(names?.length === width && { names }),
  }
}
