import type { Json, Tensors } from '../../core/index.ts'

export const COLUMN_TYPES = ['float', 'integer', 'boolean', 'text', 'category', 'date'] as const
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** What stands in for a value that is missing, or for a category that is not known. Without one, it is an error. */
export type Fallback =
  /** Not a number: for inputs of floats. */
  | { readonly kind: 'nan' }
  /** Of a category in one-hot form: no value is set. */
  | { readonly kind: 'ignore' }
  /** A value as the column has them; of a category, one of its values, or a number that is no index. */
  | { readonly kind: 'value'; readonly value: string | number | boolean }

/** A column of the tables that a model takes: part of a version's digest. */
export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
  /** Of a category: its values, in the order of their indexes. */
  readonly values?: readonly string[]
  /** Of a category: its index, or as many numbers as there are values. Default: index; the value itself for strings. */
  readonly encoding?: 'index' | 'one-hot'
  /** Of a category: for a value that is not in the list. */
  readonly unknown?: Fallback
  readonly missing?: Fallback
  /** Cells that count as missing, instead of `MISSING_SPELLINGS`. */
  readonly missingValues?: readonly string[]
  /** Of a date: since 1970-01-01 UTC. Default: days. */
  readonly unit?: 'days' | 'seconds'
  /** The input that it goes to. Default: the one of its name, else the one that the other columns share. */
  readonly input?: string
}

/** Values by the names of columns, as JSON has them. */
export type TableRecord = { readonly [column: string]: Json }

/** Rows whose values are found by row and column; undefined where a row has none. */
export interface TableRows {
  readonly count: number
  value(row: number, column: number): Json | undefined
  /** `Row 3`, for messages; rows count from 1. */
  where?(row: number): string
}

/** Columns, compiled for a model's inputs: the one way from rows to tensors, in evaluation and in serving. */
export interface Table {
  readonly columns: readonly TableColumn[]
  /** False where the model's signature alone is known: values are told by their places. */
  readonly named: boolean
  /** Elements that one row makes, over all inputs. */
  readonly width: number
  /**
   * Rows as the model's inputs, the first axis theirs. Throws EXAMPLE_INVALID with row and column for what a column
   * does not take.
   */
  tensors(rows: TableRows): Tensors
  /**
   * For each column the place of its name among `names`, −1 for one that is missing and may be. Throws
   * EXAMPLE_INVALID for names that occur twice, that are missing, or (unless `more` are allowed) that no column has.
   */
  places(names: readonly string[], more?: 'allowed'): readonly number[]
  /** Throws EXAMPLE_INVALID for a key that no column has. */
  checkRecord(record: TableRecord, where: string): void
}
