import type { Value } from '../../graph/types.ts'
import { rowsOf } from '../columns.ts'
import type { Arithmetic } from './arithmetic.ts'

/**
 * Squared Euclidean distances of rows x [N, F] from rows y [M, F], float64 [N, M]: |x|² − 2xy + |y|², nowhere below
 * 0. One product of matrices; of equal rows it gives some 1e-16 |x|² instead of 0.
 */
export function squaredDistances(m: Arithmetic, x: Value, y: Value): Value {
  const product = m.times(m.mul(x, -2), y)
  const sum = m.add(m.add(product, m.sum(m.square(x), 1, 'kept')), m.sum(m.square(y), 1))
  return m.max(sum, 0)
}

/** |y|² − 2xy: what is left of squared distances where the rows x are only compared with themselves. */
export function comparedDistances(m: Arithmetic, x: Value, y: Value): Value {
  return m.add(m.times(m.mul(x, -2), y), m.sum(m.square(y), 1))
}

/** What each feature adds to a distance, of the difference [N, M] in it. */
const METRICS = {
  squared: (m: Arithmetic, difference: Value) => m.square(difference),
  manhattan: (m: Arithmetic, difference: Value) => m.of('Abs', difference),
  chebyshev: (m: Arithmetic, difference: Value) => m.of('Abs', difference),
  minkowski: (m: Arithmetic, difference: Value, p: number) => m.pow(m.of('Abs', difference), p),
} as const

export type SummedMetric = keyof typeof METRICS

/**
 * Distances of rows x [N, F] from rows y [M, F] as scikit-learn's trees and loops compute them, float64 [N, M]:
 * feature after feature, so that rounding is the same to the last bit and ties stay ties. `squared` has no root, and
 * `minkowski` is Σ |d|^p.
 */
export async function summedDistances(
  m: Arithmetic,
  x: Value,
  y: Value,
  metric: SummedMetric,
  p = 2,
): Promise<Value> {
  const { emitter } = m
  const [rows, others] = [rowsOf(x), rowsOf(y)]
  const size = m.concat([m.rows(x), m.rows(y)], 0)
  const start = emitter.op('Expand', [emitter.scalar('float64', 0), size], {
    types: [{ dtype: 'float64', shape: [rows, others] }],
  })
  const body = await emitter.body(
    'distance',
    [
      { dtype: 'float64', shape: [rows, others] },
      { dtype: 'float64', shape: [rows] },
      { dtype: 'float64', shape: [others] },
    ],
    async (inner, [sum, a, b]) => {
      const n = m.at(inner)
      const added = METRICS[metric](n, n.sub(n.unsqueeze(a!, 1), b!), p)
      return [metric === 'chebyshev' ? n.max(sum!, added) : n.add(sum!, added)]
    },
  )
  return emitter.op('Scan', [start, m.transpose(x), m.transpose(y)], {
    attributes: { body: { graph: body }, num_scan_inputs: { int: 2 } },
    types: [{ dtype: 'float64', shape: [rows, others] }],
  })
}

/** 1 − x·y / (|x| |y|), between 0 and 2; a row of zeros has the length 1. */
export function cosineDistances(m: Arithmetic, x: Value, y: Value): Value {
  return m.min(m.max(m.sub(1, cosines(m, x, y)), 0), 2)
}

export function cosines(m: Arithmetic, x: Value, y: Value): Value {
  return m.times(unit(m, x), unit(m, y))
}

function unit(m: Arithmetic, x: Value): Value {
  const length = m.of('Sqrt', m.sum(m.square(x), 1, 'kept'))
  return m.div(x, m.where(m.equal(length, 0), 1, length))
}
