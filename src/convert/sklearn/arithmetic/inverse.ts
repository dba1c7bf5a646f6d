import { ConvertError } from '../../errors.ts'

/** Rows of a matrix that is inverted here: n³ steps, a second for these. */
const MAX_ROWS = 1024

const wrong = (message: string, hint: string): ConvertError =>
  new ConvertError('CONVERT_INVALID', { message, hint })

/**
 * The inverse of a matrix [n, n], by Gauss and Jordan with the largest element of each column as pivot. Throws
 * CONVERT_INVALID for one that has none.
 */
export function inverse(matrix: Float64Array, n: number): Float64Array {
  if (n > MAX_ROWS)
    throw new ConvertError('CONVERT_LIMIT', {
      message: `A matrix of ${n} rows is to be inverted, and ${MAX_ROWS} are the most`,
      hint: 'Fit it with fewer components.',
    })
  const a = matrix.slice()
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  for (let column = 0; column < n; column++) {
    let pivot = column
    for (let row = column + 1; row < n; row++)
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row
    const head = a[pivot * n + column]!
    if (head === 0 || !Number.isFinite(head))
      throw wrong('A matrix of the model has no inverse', 'Save the fitted estimator again with joblib.dump.')
    for (const side of [a, out]) {
      swap(side, n, pivot, column)
      for (let i = 0; i < n; i++) side[column * n + i]! /= head
    }
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column]!
      if (row === column || factor === 0) continue
      for (const side of [a, out])
        for (let i = 0; i < n; i++) side[row * n + i]! -= factor * side[column * n + i]!
    }
  }
  return out
}

function swap(matrix: Float64Array, n: number, a: number, b: number): void {
  if (a === b) return
  const row = matrix.slice(a * n, (a + 1) * n)
  matrix.copyWithin(a * n, b * n, (b + 1) * n)
  matrix.set(row, b * n)
}

/** The inverse of a lower triangular matrix [n, n]: what is above its diagonal is not looked at. */
export function inverseOfLower(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let column = 0; column < n; column++) {
    out[column * n + column] = 1 / matrix[column * n + column]!
    for (let row = column + 1; row < n; row++) {
      let sum = 0
      for (let k = column; k < row; k++) sum += matrix[row * n + k]! * out[k * n + column]!
      out[row * n + column] = -sum / matrix[row * n + row]!
    }
  }
  return out
}
