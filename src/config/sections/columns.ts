import { present } from '../../core/index.ts'
import {
  COLUMN_TYPES,
  checkColumns,
  type Fallback,
  MAX_CATEGORIES,
  MAX_TABLE_COLUMNS,
  ModelError,
  type TableColumn,
} from '../../model/index.ts'
import { mismatch, quote, within } from '../../pipeline/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { choice, plainText, text } from '../reader/scalars.ts'

const MAX_NAME = 200
const MAX_VALUE = 1000
/** Spellings of missing values; pandas knows 19. */
const MAX_SPELLINGS = 100

const columnName = text({ expected: 'the name of a column', maxLength: MAX_NAME })
const inputName = text({ expected: 'the name of a tensor', maxLength: MAX_NAME })
const value = plainText(MAX_VALUE)

type StandIn = Fallback | { readonly kind: 'error' }

const plainValue: Reader<string | number | boolean> = {
  schema: { type: ['string', 'number', 'boolean'] },
  expected: 'error, nan, ignore or a value',
  read(node, place) {
    const found = node.kind === 'scalar' ? node.value : null
    const fits = found !== null && found !== Number.POSITIVE_INFINITY && found !== Number.NEGATIVE_INFINITY
    return fits && typeof found !== 'bigint' ? found : mismatch(node, place, plainValue.expected)
  },
}

/** `error`, `nan`, `ignore`, or a value; `{ value: error }` for a value that is called as one of these. */
const standIn: Reader<StandIn> = byKind({
  scalar: refine(plainValue, (found): StandIn => {
    if (found === 'error' || found === 'ignore' || found === 'nan') return { kind: found }
    return typeof found === 'number' && Number.isNaN(found)
      ? { kind: 'nan' }
      : { kind: 'value', value: found }
  }),
  map: refine(
    struct({ what: 'a stand-in', fields: { value: required(plainValue, 'the value itself') } }),
    ({ value }): StandIn => ({ kind: 'value', value }),
  ),
})

const long = refine(
  struct({
    what: 'a column',
    fields: {
      name: required(columnName, 'as in the header of a table, and in records'),
      type: required(choice(COLUMN_TYPES), 'what its values are'),
      values: optional(
        list(value, { min: 1, max: MAX_CATEGORIES }),
        'of a category, in the order of indexes',
      ),
      encoding: optional(choice(['index', 'one-hot']), 'of a category; default: index'),
      unknown: optional(standIn, 'for a value that is not in the list: error, ignore, nan, or another value'),
      missing: optional(standIn, 'for a value that is missing: error, nan, ignore, or a value'),
      missing_values: optional(
        list(value, { max: MAX_SPELLINGS }),
        "cells that count as missing; default: pandas' own, such as NA and an empty cell",
      ),
      unit: optional(choice(['days', 'seconds']), 'of a date, since 1970; default: days'),
      input: optional(inputName, 'the input that it goes to; default: the one of its name, else the other'),
    },
  }),
  ({ missing_values, unknown, missing, ...rest }): TableColumn =>
    present({
      ...rest,
      unknown: ruleOf(unknown),
      missing: ruleOf(missing),
      missingValues: missing_values,
    }),
)

function ruleOf(found: StandIn | undefined): Fallback | undefined {
  return found?.kind === 'error' ? undefined : found
}

const SHORT_TYPES = COLUMN_TYPES.filter(type => type !== 'category')
const shortType = choice(SHORT_TYPES)

/** `age: float`. */
const short: Reader<TableColumn> = {
  schema: {
    type: 'object',
    additionalProperties: shortType.schema,
    propertyNames: { minLength: 1, maxLength: MAX_NAME },
    minProperties: 1,
    maxProperties: 1,
  },
  expected: `a name and a type, such as age: float`,
  read(node, place) {
    const entry = node.kind === 'map' ? node.entries[0] : undefined
    if (!entry) return mismatch(node, place, short.expected)
    if (entry.key === '' || entry.key.length > MAX_NAME)
      return mismatch(node, place, `a name of 1 to ${MAX_NAME} characters`)
    if (entry.value.kind === 'scalar' && entry.value.value === 'category')
      return place.findings.error(
        entry.value.at,
        'BAD_VALUE',
        `The category ${quote(entry.key)} has no values`,
        {
          hint: `write '- { name: ${entry.key}, type: category, values: […] }'`,
        },
      )
    const type = shortType.read(entry.value, within(place, entry.key))
    return type === undefined ? undefined : { name: entry.key, type }
  },
}

const column: Reader<TableColumn> = {
  schema: { anyOf: [short.schema, long.schema] },
  expected: 'a column, such as age: float',
  // One key can only be the short form: the long one has a name and a type.
  read: (node, place) => (node.kind === 'map' && node.entries.length > 1 ? long : short).read(node, place),
}

/** Columns that make sense together: the interpreter is asked itself. */
export const columns: Reader<readonly TableColumn[]> = refine(
  list(column, { min: 1, max: MAX_TABLE_COLUMNS }),
  (found, node, place) => {
    try {
      checkColumns(found)
      return found
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      const hint = error.hint === undefined ? {} : { hint: error.hint }
      return place.findings.error(node.at, 'BAD_VALUE', `Bad value of ${place.trail}: ${error.message}`, hint)
    }
  },
)
