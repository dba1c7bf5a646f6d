import type { Dtype } from '../../core/index.ts'
import { isWhole } from '../numbers.ts'
import { formatSpec } from '../signature.ts'
import type { ModelSignature, TensorSpec } from '../types.ts'
import { columnsInvalid, MAX_TABLE_COLUMNS } from './check.ts'
import type { ColumnType, TableColumn } from './types.ts'

export interface Derived {
  readonly columns: readonly TableColumn[]
  /** False where the signature knows the places of the columns, and no names. */
  readonly named: boolean
}

/**
 * The columns of a model that declares none: one for each input where all take one value a row (as pipelines do
 * that go by columns), else the elements of the only input's rows, by their places. Throws COLUMNS_INVALID where the
 * signature does not tell.
 */
export function deriveColumns({ inputs }: ModelSignature): Derived {
  const [only] = inputs
  if (inputs.length > 1 && inputs.every(isSingle))
    return { named: true, columns: inputs.map(({ name, dtype }) => ({ name, type: typeOf(dtype) })) }
  const width = only && inputs.length === 1 ? widthOf(only) : undefined
  if (only === undefined || width === undefined || width > MAX_TABLE_COLUMNS)
    throw columnsInvalid(
      `The inputs do not tell the columns of a table: ${inputs.map(formatSpec).join('; ') || 'there are none'}`,
      'Name them as model.columns in ballast.yaml, or send tensors.',
    )
  const type = typeOf(only.dtype)
  const nameOf = (index: number) => (width === 1 ? only.name : `${only.name}[${index}]`)
  const columns = Array.from({ length: width }, (_, index) => ({
    name: nameOf(index),
    type,
    input: only.name,
  }))
  return { named: false, columns }
}

/** [N], [N, 1] or [1, 1]: one value a row. */
function isSingle({ shape }: TensorSpec): boolean {
  const hasRows = shape.length > 1 || (shape.length === 1 && typeof shape[0] !== 'number')
  return hasRows && shape.slice(1).every(size => size === 1 || size === null)
}

/** Elements of a row of [N], [N, F] or [1, F]. */
function widthOf({ shape }: TensorSpec): number | undefined {
  if (shape.length === 1) return typeof shape[0] === 'number' ? shape[0] : 1
  const [, size] = shape
  return shape.length === 2 && typeof size === 'number' && size > 0 ? size : undefined
}

function typeOf(dtype: Dtype): ColumnType {
  if (dtype === 'string') return 'text'
  if (dtype === 'bool') return 'boolean'
  return isWhole(dtype) ? 'integer' : 'float'
}
