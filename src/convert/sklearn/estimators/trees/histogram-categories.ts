import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { joined, rowsOf } from '../../columns.ts'
import type { Cell, EstimatorCall, Fitted } from '../../estimator.ts'
import { isKind, isList } from '../../fitted/fitted.ts'

/** A feature whose values are categories, by its column in the input. */
export type Categories =
  /** The numbers of the input are the categories' codes: since before 1.4. */
  | { readonly kind: 'codes'; readonly known: readonly number[] }
  /** Numbers of which each is a category; its place is its code. */
  | { readonly kind: 'numbers'; readonly values: readonly number[] }
  /** Texts, which become their places. */
  | { readonly kind: 'texts'; readonly values: readonly string[] }

/** Features of categories, by their columns in the input, in the order in which trees count them. */
export type CategoriesByColumn = ReadonlyMap<number, Categories>

/**
 * Undefined where no feature is one. Since 1.4 an OrdinalEncoder stands before the trees, and features of categories
 * before the others.
 */
export async function categoriesOf(estimator: Fitted): Promise<CategoriesByColumn | undefined> {
  if (estimator.isNone('is_categorical_')) return undefined
  const flags = await estimator.floats('is_categorical_')
  const columns = Array.from(flags.keys()).filter(column => flags[column] !== 0)
  if (columns.length === 0) return undefined
  return estimator.isNone('_preprocessor') ? codes(estimator, columns) : encoded(estimator, columns)
}

/** Known categories of a feature are its bins. */
async function codes(estimator: Fitted, columns: readonly number[]): Promise<CategoriesByColumn> {
  const bins = estimator.object('_bin_mapper').arrays('bin_thresholds_')
  const all = new Map<number, Categories>()
  for (const column of columns) {
    const known = bins[column] ? Array.from(await bins[column].floats()) : []
    all.set(column, { kind: 'codes', known })
  }
  return all
}

async function encoded(estimator: Fitted, columns: readonly number[]): Promise<CategoriesByColumn> {
  const encoder = encoderOf(estimator)
  const lists = encoder.arrays('categories_')
  if (lists.length !== columns.length)
    throw encoder.invalid('categories_', `is of ${lists.length} features, and ${columns.length} are expected`)
  const all = new Map<number, Categories>()
  for (const [i, column] of columns.entries()) all.set(column, valuesOf(encoder, await lists[i]!.cells()))
  return all
}

/** `_preprocessor.transformers_` begins with ('encoder', OrdinalEncoder, …). */
function encoderOf(estimator: Fitted): Fitted {
  const preprocessor = estimator.innerOf(estimator.value('_preprocessor'), '_preprocessor')
  for (const transformer of preprocessor.list('transformers_'))
    if (isList(transformer) && transformer[0] === 'encoder' && isKind(transformer[1], 'estimator'))
      return preprocessor.innerOf(transformer[1], 'encoder')
  throw preprocessor.invalid('transformers_', 'has no encoder')
}

/** Missing ones stand last, and are no category. */
function valuesOf(encoder: Fitted, cells: readonly Cell[]): Categories {
  const values = cells.filter(cell => !isMissing(cell))
  if (values.every(value => typeof value === 'string')) return { kind: 'texts', values }
  if (
    values.every(
      value => typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean',
    )
  )
    return { kind: 'numbers', values: values.map(Number) }
  throw new Refusal(
    'a feature has categories of several types',
    `Make them texts or numbers before ${encoder.className}.`,
  )
}

function isMissing(cell: Cell): boolean {
  return cell === null || (typeof cell === 'number' && Number.isNaN(cell))
}

/** Features [N, F] in the order of the input, float64; texts are their places, and NaN where they are unknown. */
export async function encodedColumns(
  { input, emitter }: EstimatorCall,
  categories: CategoriesByColumn | undefined,
): Promise<Value> {
  const texts = [...(categories ?? [])].filter(([, { kind }]) => kind === 'texts')
  if (texts.length === 0) return input.matrix(emitter, 'float64')
  const columns = input.split(emitter).map((column, i) => {
    const own = categories?.get(i)
    if (own?.kind !== 'texts') return column.matrix(emitter, 'float64')
    return placesOf(column.texts(emitter), own.values)
  })
  return joined(emitter, columns, 'float64')

  function placesOf(text: Value, values: readonly string[]): Value {
    const places = emitter.op('LabelEncoder', [text], {
      domain: 'ai.onnx.ml',
      attributes: {
        keys_strings: { texts: values },
        values_floats: { floats: values.map((_, place) => place) },
        default_float: { float: Number.NaN },
      },
      types: [{ dtype: 'float32', shape: [rowsOf(text), 1] }],
    })
    return emitter.op('Cast', [places], {
      attributes: { to: { int: 11 } },
      types: [{ dtype: 'float64', shape: [rowsOf(text), 1] }],
    })
  }
}
