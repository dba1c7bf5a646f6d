import { nearestName } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import { daysOf, integerOf, numberOf, truthOf } from './spelling.ts'
import { COLUMN_TYPES, type Fallback, type TableColumn } from './types.ts'

/** More columns than tables have: wider ones are arrays. */
export const MAX_TABLE_COLUMNS = 4096
/** Values of one category; a text with more has no list. */
export const MAX_CATEGORIES = 10_000

/** What makes no sense in columns by themselves, whatever the model. Throws COLUMNS_INVALID. */
export function checkColumns(columns: readonly TableColumn[]): void {
  if (columns.length === 0 || columns.length > MAX_TABLE_COLUMNS)
    throw columnsInvalid(
      `There are ${columns.length} columns`,
      `Give 1 to ${MAX_TABLE_COLUMNS}; wider rows are arrays.`,
    )
  const seen = new Set<string>()
  for (const column of columns) {
    if (seen.has(column.name))
      throw columnsInvalid(`There are two columns '${column.name}'`, 'Take one of them out.')
    seen.add(column.name)
    checkColumn(column)
  }
}

function checkColumn(column: TableColumn): void {
  const { name, type, values = [], encoding, unknown, missing, unit } = column
  const where = `The column '${name}'`
  if (!COLUMN_TYPES.includes(type)) throw columnsInvalid(`${where} has the type '${type}'`, typeHint(type))
  if (type === 'category') checkCategory(column, where)
  else if (values.length > 0 || encoding !== undefined || unknown !== undefined)
    throw columnsInvalid(
      `${where} is of type ${type}, and has values, an encoding or a rule for unknown ones`,
      'Those belong to the type category.',
    )
  if (unit !== undefined && type !== 'date')
    throw columnsInvalid(`${where} is of type ${type}, and has a unit`, 'Units belong to the type date.')
  if (missing && type !== 'category') checkStandIn(column, missing, where)
}

function checkCategory({ values = [], encoding, unknown, missing }: TableColumn, where: string): void {
  if (values.length === 0 || values.length > MAX_CATEGORIES)
    throw columnsInvalid(
      `${where} is a category of ${values.length} values`,
      `List 1 to ${MAX_CATEGORIES}, in the order of their indexes; a column with more is text.`,
    )
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined)
    throw columnsInvalid(`${where} has the value '${twice}' twice`, 'Each has one index.')
  for (const fallback of [unknown, missing]) {
    if (fallback?.kind === 'ignore' && encoding !== 'one-hot')
      throw columnsInvalid(`${where} ignores values, and is not one-hot`, 'Give an index: -1, say.')
    if (fallback?.kind === 'nan' && encoding === 'one-hot')
      throw columnsInvalid(`${where} is one-hot, and has NaN for a value`, 'Take `ignore`: no value is set.')
    if (fallback?.kind === 'value') checkStandInCategory(fallback.value, values, encoding, where)
  }
}

function checkStandInCategory(
  value: string | number | boolean,
  values: readonly string[],
  encoding: TableColumn['encoding'],
  where: string,
): void {
  if (values.includes(String(value))) return
  if (typeof value === 'number' && Number.isInteger(value) && encoding !== 'one-hot') return
  // An input of strings takes any text in a value's place; what it takes is known with the model.
  if (typeof value === 'string' && encoding === undefined) return
  throw columnsInvalid(
    `${where} has '${value}' in the place of others, which is none of its values`,
    nearestHint(String(value), values),
  )
}

function nearestHint(value: string, values: readonly string[]): string {
  const nearest = nearestName(value, values)
  return nearest === undefined ? 'Name one of its values.' : `Did you mean '${nearest}'?`
}

const IS_OF_TYPE = {
  float: (value: string) => numberOf(value) !== undefined,
  integer: (value: string) => integerOf(value) !== undefined,
  boolean: (value: string) => truthOf(value) !== undefined,
  text: () => true,
  date: (value: string) => daysOf(value) !== undefined,
} as const

function checkStandIn({ type }: TableColumn, fallback: Fallback, where: string): void {
  if (type === 'category' || fallback.kind === 'nan') return
  if (fallback.kind === 'value' && IS_OF_TYPE[type](String(fallback.value))) return
  throw columnsInvalid(
    `${where} is of type ${type}, and has ${fallback.kind === 'value' ? `'${fallback.value}'` : 'nothing'} for missing values`,
    `Give error, nan or a value of type ${type}.`,
  )
}

function typeHint(type: string): string {
  const nearest = nearestName(type, COLUMN_TYPES)
  return nearest === undefined ? `There are ${COLUMN_TYPES.join(', ')}.` : `Did you mean '${nearest}'?`
}

export function columnsInvalid(message: string, hint: string): ModelError {
  return new ModelError('COLUMNS_INVALID', { message, hint })
}
