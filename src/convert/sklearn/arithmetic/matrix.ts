import { elementCount } from '../../../core/index.ts'
import { ConvertError } from '../../errors.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import type { Fitted, Names } from '../fitted/fitted.ts'
import { isSparse, sparseRows } from './sparse.ts'

/** Elements of one matrix; 4 GB in float64. Sparse ones become dense, and tell any size. */
const MAX_ELEMENTS = 512 * 1024 * 1024

/** A matrix of an estimator, whose elements stay in the file until the model is written. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  /** float64 [rows, columns]. */
  weight(emitter: Emitter): Value
  /** Elements in C order, for what is computed from them. CONVERT_LIMIT where they are too many. */
  floats(): Promise<Float64Array>
}

/**
 * A matrix, dense or sparse (CSR and CSC of scipy); a vector is one of one row. Throws CONVERT_INVALID where it has
 * not as many rows or columns as it should (null: any).
 */
export async function matrixOf(
  estimator: Fitted,
  names: Names,
  [rows, columns]: readonly [rows: number | null, columns: number | null] = [null, null],
): Promise<Matrix> {
  const made = isSparse(estimator.value(names)) ? await sparse(estimator, names) : dense(estimator, names)
  if (made.rows === 0 || made.columns === 0) throw estimator.invalid(names, 'is empty')
  const fits = (rows === null || rows === made.rows) && (columns === null || columns === made.columns)
  if (!fits)
    throw estimator.invalid(
      names,
      `has the shape [${made.rows}, ${made.columns}], and [${rows ?? 'any'}, ${columns ?? 'any'}] is expected`,
    )
  if (elementCount([made.rows, made.columns]) > MAX_ELEMENTS)
    throw new ConvertError('CONVERT_LIMIT', {
      message: `${estimator.path} (${estimator.className}): a matrix of [${made.rows}, ${made.columns}] is too large`,
      hint: 'Fit it to fewer features or rows.',
    })
  return made
}

function dense(estimator: Fitted, names: Names): Matrix {
  const array = estimator.array(names)
  const shape = array.shape.length === 1 ? [1, array.shape[0]!] : array.shape
  const [rows, columns] = shape
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    throw estimator.invalid(names, `has ${shape.length} axes, and a matrix is expected`)
  return {
    rows,
    columns,
    weight: emitter =>
      emitter.weight(
        { dtype: 'float64', shape: [rows, columns], data: array.stream('float64') },
        named(emitter, names),
      ),
    floats: () => array.floats(),
  }
}

async function sparse(estimator: Fitted, names: Names): Promise<Matrix> {
  const { rows, columns, stream, floats } = await sparseRows(estimator.object(names))
  return {
    rows,
    columns,
    weight: emitter =>
      emitter.weight({ dtype: 'float64', shape: [rows, columns], data: stream }, named(emitter, names)),
    floats,
  }
}

const named = (emitter: Emitter, names: Names): string =>
  `${emitter.source.name}/${typeof names === 'string' ? names : names[0]}`
