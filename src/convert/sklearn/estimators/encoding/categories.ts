import type { Attributes, Emitter, Value } from '../../../graph/types.ts'
import { type Columns, rowsOf } from '../../columns.ts'
import type { Cell, ColumnType, EstimatorCall, Fitted } from '../../estimator.ts'

/** What a column's categories are: texts, whole numbers, numbers or bools, one of which may be a missing value. */
export interface Categories {
  readonly cells: readonly Cell[]
  readonly type: ColumnType
  /** The place of None, else of NaN. */
  readonly missing?: number
}

/** float32 holds whole numbers up to here. */
const LARGEST_WHOLE = 2 ** 24

/** `categories_` of an encoder; CONVERT_INVALID for categories of several types. */
export async function categoriesOf(estimator: Fitted): Promise<readonly Categories[]> {
  return Promise.all(
    estimator
      .arrays('categories_')
      .map(async array => toCategories(estimator, await array.cells(), array.dtype)),
  )
}

function toCategories(estimator: Fitted, cells: readonly Cell[], dtype: string): Categories {
  const missing = cells.findIndex(isMissing)
  const type = typeOf(cells, dtype)
  if (!type) throw estimator.invalid('categories_', 'holds categories of several types')
  return { cells, type, ...(missing >= 0 && { missing }) }
}

export function isMissing(cell: Cell): boolean {
  return cell === null || (typeof cell === 'number' && Number.isNaN(cell))
}

/** The type of a column with such values; undefined where they are of several. Missing ones are of any type. */
export function typeOf(cells: readonly Cell[], dtype = 'object'): ColumnType | undefined {
  const present = cells.filter(cell => !isMissing(cell))
  if (present.every(cell => typeof cell === 'string')) {
    // NaN alone is a number, unless it stands among objects.
    return present.length > 0 || dtype === 'object' || dtype === 'string' ? 'string' : 'float32'
  }
  if (present.every(cell => typeof cell === 'boolean'))
    return present.length === cells.length ? 'bool' : undefined
  const numeric = present.every(cell => typeof cell === 'number' || typeof cell === 'bigint')
  if (!numeric) return undefined
  const whole = present.every(cell => Number.isInteger(Number(cell)))
  if (present.length < cells.length || !whole) return 'float32'
  if (/^u?int/.test(dtype)) return 'int64'
  const large = present.some(cell => Math.abs(Number(cell)) > LARGEST_WHOLE)
  return large || dtype === 'object' ? 'int64' : 'float32'
}

/** Which category each element of a column is: int64 [N, 1] of its place; the number of categories where it is none. */
export function placesOf({ emitter, note }: EstimatorCall, column: Columns, categories: Categories): Value {
  const { cells, missing, type } = categories
  const unknown = cells.length
  if (type === 'string') {
    const asEmpty = cells.includes('') ? undefined : missing
    if (asEmpty !== undefined) note('an empty text counts as a missing value')
    const keys = cells.map((cell, i) => (i === asEmpty ? '' : typeof cell === 'string' ? cell : undefined))
    return lookup(emitter, column.texts(emitter), KEYS.texts(keys), unknown)
  }
  if (type === 'float32') {
    const keys = cells.map(cell => (cell === null ? Number.NaN : Math.fround(Number(cell))))
    return lookup(emitter, column.matrix(emitter, 'float32'), KEYS.floats(keys), unknown)
  }
  const keys = cells.map(cell => BigInt(typeof cell === 'boolean' ? cell : (cell ?? 0)))
  return lookup(emitter, column.matrix(emitter, 'int64'), KEYS.ints(keys), unknown)
}

interface Keys {
  readonly attributes: Attributes
  readonly places: readonly number[]
}

/** Attributes of LabelEncoder; undefined keys are never met. */
const KEYS = {
  texts: (keys: readonly (string | undefined)[]) => keysOf(keys, texts => ({ keys_strings: { texts } })),
  floats: (keys: readonly number[]) => keysOf(keys, floats => ({ keys_floats: { floats } })),
  ints: (keys: readonly bigint[]) => keysOf(keys, ints => ({ keys_int64s: { ints } })),
}

/** Of equal keys the first counts: two numbers may be one in float32. */
function keysOf<K>(keys: readonly (K | undefined)[], make: (keys: readonly K[]) => Attributes): Keys {
  const first = new Map<K, number>()
  for (const [place, key] of keys.entries()) if (key !== undefined && !first.has(key)) first.set(key, place)
  return { attributes: make([...first.keys()]), places: [...first.values()] }
}

function lookup(emitter: Emitter, x: Value, { attributes, places }: Keys, unknown: number): Value {
  return emitter.op('LabelEncoder', [x], {
    domain: 'ai.onnx.ml',
    attributes: { ...attributes, values_int64s: { ints: places }, default_int64: { int: unknown } },
    types: [{ dtype: 'int64', shape: [rowsOf(x), 1] }],
  })
}
