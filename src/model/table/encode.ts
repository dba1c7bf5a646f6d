import type { Dtype, Json } from '../../core/index.ts'
import { isWhole } from '../numbers.ts'
import { columnsInvalid } from './check.ts'
import type { Sink } from './sink.ts'
import { daysOf, integerOf, MISSING_SPELLINGS, numberOf, secondsOf, truthOf } from './spelling.ts'
import type { Fallback, TableColumn } from './types.ts'

/** A column's values as elements of its input. */
export interface Encoder {
  /** Elements that a value makes. */
  readonly width: number
  /** Puts a cell's text, or what JSON has, at `at`. Gives what is wrong with it. */
  write(value: Json | undefined, sink: Sink, at: number): string | undefined
}

/** Gives the value, undefined where it is not of the column's type. */
type Read = (value: Exclude<Json, null>) => number | bigint | string | undefined

const WANTED: Readonly<Record<TableColumn['type'], string>> = {
  float: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  text: 'a text',
  category: 'a text',
  date: 'a date such as 2026-01-31 or 2026-01-31T12:00:00Z',
}

/** Throws COLUMNS_INVALID where the column's values have no place in an input of this type. */
export function encoderOf(column: TableColumn, dtype: Dtype): Encoder {
  const { name, type } = column
  if (dtype === 'string' && type !== 'text' && type !== 'category') {
    throw columnsInvalid(
      `The column '${name}' is of type ${type}, and its input takes strings`,
      'Give it the type text or category: the input gets what was written.',
    )
  }
  if (dtype !== 'string' && type === 'text') {
    throw columnsInvalid(
      `The column '${name}' is text, and its input takes ${dtype}`,
      'Give it the type category with its values, or a type of numbers.',
    )
  }
  if (dtype === 'string' && column.encoding !== undefined) {
    throw columnsInvalid(
      `The column '${name}' is encoded (${column.encoding}), and its input takes strings`,
      'Take the encoding out: the input gets the values themselves.',
    )
  }
  for (const fallback of [column.missing, column.unknown]) {
    if (fallback?.kind === 'nan' && (isWhole(dtype) || dtype === 'string')) {
      throw columnsInvalid(
        `NaN stands in for values of the column '${name}', and its input takes ${dtype}`,
        'Take `error` or a value: only floats can be NaN.',
      )
    }
  }
  return type === 'category' ? categoryEncoder(column, dtype) : plainEncoder(column)
}

function plainEncoder(column: TableColumn): Encoder {
  const read = READERS[column.type === 'date' ? (column.unit ?? 'days') : column.type]
  const isMissing = missingTest(column)
  const fallback = column.missing && elementOf(column.missing, read)
  return {
    width: 1,
    write(value, sink, at) {
      if (isMissing(value)) return fallback === undefined ? missing(value) : sink.put(at, fallback)
      const element = read(value as Exclude<Json, null>)
      return element === undefined ? unfit(column, value) : sink.put(at, element)
    },
  }
}

const READERS: Readonly<
  Record<'float' | 'integer' | 'boolean' | 'text' | 'category' | 'days' | 'seconds', Read>
> = {
  float: numbers(Number.isFinite, numberOf),
  integer: numbers(Number.isSafeInteger, integerOf),
  boolean: value => (typeof value === 'boolean' ? Number(value) : readTruth(value)),
  text: value => (typeof value === 'string' ? value : undefined),
  category: value => (typeof value === 'object' ? undefined : String(value)),
  days: spelled(daysOf),
  seconds: spelled(secondsOf),
}

const readTruth = numbers(value => value === 0 || value === 1, truthOf)

/** JSON's numbers that fit, and texts that spell one. */
function numbers(
  fits: (value: number) => boolean,
  read: (text: string) => number | bigint | undefined,
): Read {
  return value => {
    if (typeof value === 'string') return read(value.trim())
    return typeof value === 'number' && fits(value) ? value : undefined
  }
}

function spelled(read: (text: string) => number | undefined): Read {
  return value => (typeof value === 'string' ? read(value.trim()) : undefined)
}

/** Index or one-hot form of a value, or the value itself for an input of strings. */
function categoryEncoder(column: TableColumn, dtype: Dtype): Encoder {
  const values = column.values ?? []
  const indexes = new Map(values.map((value, index) => [value, index]))
  const isMissing = missingTest(column)
  const oneHot = column.encoding === 'one-hot'
  /** One element, or where the one of many stands (−1: nowhere). */
  const codeOf = (text: string): number | string | undefined => {
    const index = indexes.get(text)
    if (index === undefined) return undefined
    return dtype === 'string' ? values[index]! : index
  }
  const fallbackCode = (fallback: Fallback | undefined): number | string | undefined => {
    if (fallback === undefined) return undefined
    if (fallback.kind === 'nan') return Number.NaN
    if (fallback.kind === 'ignore') return -1
    const known = codeOf(String(fallback.value))
    if (known !== undefined) return known
    if (dtype === 'string') return String(fallback.value)
    if (typeof fallback.value === 'number') return fallback.value
    throw columnsInvalid(
      `The column '${column.name}' has '${fallback.value}' in the place of others, which is none of its values`,
      `Its input takes ${dtype}: give one of the values, or a number.`,
    )
  }
  const [ofMissing, ofUnknown] = [fallbackCode(column.missing), fallbackCode(column.unknown)]
  const put = (code: number | string, sink: Sink, at: number): string | undefined => {
    if (!oneHot) return sink.put(at, code)
    // Memory begins as zeros.
    return code === -1 ? undefined : sink.put(at + Number(code), 1)
  }
  return {
    width: oneHot ? values.length : 1,
    write(value, sink, at) {
      if (isMissing(value)) return ofMissing === undefined ? missing(value) : put(ofMissing, sink, at)
      const text = READERS.category(value as Exclude<Json, null>)
      if (text === undefined) return unfit(column, value)
      const code = codeOf(String(text)) ?? ofUnknown
      return code === undefined ? unknown(values, value) : put(code, sink, at)
    },
  }
}

/**
 * Null and what is not there are missing, and the column's spellings; without any given, pandas' own, but for those
 * that are values of a category. To a text, nothing is missing that was written.
 */
function missingTest({ type, missingValues, values }: TableColumn): (value: Json | undefined) => boolean {
  const spellings = missingValues ?? (type === 'text' ? [] : MISSING_SPELLINGS)
  const set = new Set(spellings.filter(text => !values?.includes(text)))
  const trims = type !== 'text' && type !== 'category'
  return value => {
    if (value === null || value === undefined) return true
    return typeof value === 'string' && (set.has(value) || (trims && set.has(value.trim())))
  }
}

function elementOf(fallback: Fallback, read: Read): number | bigint | string | undefined {
  return fallback.kind === 'value' ? read(String(fallback.value)) : Number.NaN
}

function missing(value: Json | undefined): string {
  return value === undefined ? 'it is missing' : `it is missing (${shown(value)})`
}

function unfit(column: TableColumn, value: Json | undefined): string {
  return `expected ${WANTED[column.type]}, found ${shown(value)}`
}

/** So many values are listed in a message. */
const MAX_LISTED = 8

function unknown(values: readonly string[], value: Json | undefined): string {
  const listed = values.slice(0, MAX_LISTED).map(each => `'${each}'`)
  const more = values.length > MAX_LISTED ? ` and ${values.length - MAX_LISTED} more` : ''
  return `expected one of ${listed.join(', ')}${more}, found ${shown(value)}`
}

const MAX_SHOWN = 40

function shown(value: Json | undefined): string {
  if (typeof value === 'string') return `'${value.slice(0, MAX_SHOWN)}'`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
