import type { Emitter, Value } from '../../../graph/types.ts'
import { Columns, joined, rowsOf } from '../../columns.ts'
import { type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { isKind, isList } from '../../fitted/fitted.ts'
import { inputOf } from '../../names.ts'
import { lookedUp } from '../places.ts'
import { type Categories, categoriesOf, placesOf } from './categories.ts'

/** A column for each category, without those that are dropped, and infrequent ones in one. */
export const oneHotEncoder: EstimatorConverter = {
  limits: 'a category that it has not seen gives zeros where scikit-learn raises an error',
  async convert(call) {
    const { estimator, input, emitter } = call
    const handling = estimator.choice('handle_unknown', HANDLING, 'error')
    if (handling === 'error')
      call.note('a category that it has not seen, at which scikit-learn raises an error, gives zeros')
    const categories = await categoriesOf(estimator)
    if (categories.length !== input.width)
      throw estimator.invalid('categories_', `has ${categories.length} columns, and gets ${input.width}`)
    const groups = await groupsOf(estimator, categories)
    const blocks = input.split(emitter).map((column, i) => {
      const { targets, width } = targetsOf(estimator, groups[i]!, handling)
      if (width === 0) return undefined
      const place = placesOf(call, column, categories[i]!)
      return oneHot(emitter, lookedUp(emitter, [targets], place, 'int64'), [width])
    })
    return features(...blocks.filter(block => block !== undefined))
  },
  input: async estimator =>
    inputOf(
      estimator,
      (await categoriesOf(estimator)).map(({ type }) => type),
    ),
}

const HANDLING = ['error', 'ignore', 'infrequent_if_exist', 'warn'] as const

/** How one column's categories become columns. */
interface Group {
  readonly count: number
  /** Where there are infrequent ones: the place that each category has once those are one, the last. */
  readonly mapping?: readonly number[]
  /** The place that is dropped, after that. */
  readonly dropped?: number
}

async function groupsOf(estimator: Fitted, categories: readonly Categories[]): Promise<readonly Group[]> {
  const dropped = await droppedOf(estimator)
  const enabled = estimator.bool('_infrequent_enabled', false)
  const mappings = enabled ? estimator.list('_default_to_infrequent_mappings') : []
  return Promise.all(
    categories.map(async ({ cells }, i): Promise<Group> => {
      const drop = dropped[i]
      const mapping = mappings[i] ?? null
      return {
        count: cells.length,
        ...(typeof drop === 'number' && { dropped: drop }),
        ...(mapping !== null && {
          mapping: await estimator.arrayOf(mapping, '_default_to_infrequent_mappings').integers(),
        }),
      }
    }),
  )
}

/** Since 1.2 `drop_idx_` tells it before infrequent ones are one, and another attribute after that. */
async function droppedOf(estimator: Fitted): Promise<readonly unknown[]> {
  const names = ['_drop_idx_after_grouping', 'drop_idx_'].filter(name => estimator.has(name)).slice(0, 1)
  if (estimator.isNone(names)) return []
  const value = estimator.value(names)
  if (isList(value)) return value
  if (isKind(value, 'array')) return estimator.arrayOf(value, names).cells()
  throw estimator.invalid(names, 'is no list')
}

/** The column of each category, and last of an unknown one; `width` where it has none. */
function targetsOf(
  estimator: Fitted,
  { count, mapping, dropped }: Group,
  handling: (typeof HANDLING)[number],
): { readonly targets: readonly number[]; readonly width: number } {
  if (mapping && (mapping.length !== count || mapping.some(place => place < 0 || place >= count)))
    throw estimator.invalid('_default_to_infrequent_mappings', `does not fit ${count} categories`)
  const grouped = mapping ?? Array.from({ length: count }, (_, i) => i)
  const infrequent = mapping?.reduce((most, place) => Math.max(most, place), 0)
  const places = infrequent === undefined ? count : infrequent + 1
  const width = places - (dropped === undefined ? 0 : 1)
  const target = (place: number): number => {
    if (place === dropped) return width
    return dropped !== undefined && place > dropped ? place - 1 : place
  }
  // 1.6 and 1.7 have 'warn', and give zeros.
  const asInfrequent = handling === 'infrequent_if_exist' || (handling === 'warn' && estimator.since(8))
  const unknown = asInfrequent && infrequent !== undefined ? target(infrequent) : width
  return { targets: [...grouped.map(target), unknown], width }
}

/** Places [N, k] as columns: widths[i] of them for column i, float32, with 1 at the place; none beyond. */
export function oneHot(emitter: Emitter, places: Value, widths: readonly number[]): Value {
  const columns = widths.length === 1 ? [new Columns([places])] : new Columns([places]).split(emitter)
  const blocks = columns.map(({ blocks: [place] }, i) => hotColumn(emitter, place!, widths[i]!))
  return joined(emitter, blocks, 'float32')
}

function hotColumn(emitter: Emitter, place: Value, width: number): Value {
  const rows = rowsOf(place)
  const flat = emitter.op('Reshape', [place, emitter.ints([-1])], {
    types: [{ dtype: 'int64', shape: [rows] }],
  })
  return emitter.op('OneHot', [flat, emitter.ints([width]), emitter.constant('float32', [2], [0, 1])], {
    attributes: { axis: { int: -1 } },
    types: [{ dtype: 'float32', shape: [rows, width] }],
  })
}
