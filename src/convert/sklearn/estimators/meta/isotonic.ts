import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult, Fitted } from '../../estimator.ts'

/**
 * IsotonicRegression of numbers t, float64 [N]: straight lines between its thresholds. Where t came as float32, so do
 * its bounds: what float32 rounds to a bound is not beyond it.
 */
export async function isotonic(
  m: Arithmetic,
  estimator: Fitted,
  t: Value,
  came: 'float32' | 'float64' = 'float64',
): Promise<Value> {
  const thresholds = estimator.array('X_thresholds_')
  const xs = await estimator.floats('X_thresholds_', [null])
  const count = xs.length
  const ys = await estimator.floats('y_thresholds_', [count])
  if (count === 0) throw estimator.invalid('X_thresholds_', 'is empty')
  // It compares numbers of the type that it was fitted to.
  const given = thresholds.dtype === 'float32' ? m.cast(m.cast(t, 'float32'), 'float64') : t
  const [least, most] = [estimator.number('X_min_'), estimator.number('X_max_')]
  const clips = estimator.choice('out_of_bounds', ['nan', 'clip', 'raise'], 'nan') === 'clip'
  const from = m.max(m.min(given, most), least)
  const line = count === 1 ? m.add(m.mul(from, 0), ys[0]!) : between(m, from, xs, ys)
  if (clips || count === 1) return line
  const bound = (x: number) => (came === 'float32' ? Math.fround(x) : x)
  const outside = m.emitter.op('Or', [m.less(given, bound(least)), m.greater(given, bound(most))])
  return m.where(outside, Number.NaN, line)
}

/** Linear interpolation: how many thresholds are not above t tells which two it is between. */
function between(m: Arithmetic, t: Value, xs: Float64Array, ys: Float64Array): Value {
  const passed = m.cast(m.greaterOrEqual(m.unsqueeze(t, 1), m.numbers(xs)), 'int32')
  const place = m.cast(m.sub(m.cast(m.sum(passed, 1), 'float64'), 1), 'int64')
  const lines = Array.from({ length: xs.length - 1 }, (_, i) => {
    const [x, y] = [xs[i]!, ys[i]!]
    return { x, y, slope: (ys[i + 1]! - y) / (xs[i + 1]! - x) }
  })
  // At the last threshold it is that threshold's own value.
  lines.push({ x: xs.at(-1)!, y: ys.at(-1)!, slope: 0 })
  const at = m.cast(m.max(m.cast(place, 'float64'), 0), 'int64')
  const of = (key: 'x' | 'y' | 'slope') => m.gather(m.numbers(lines.map(line => line[key])), at, 0)
  return m.add(m.mul(of('slope'), m.sub(t, of('x'))), of('y'))
}

async function convert({ estimator, emitter, input, note }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  if (estimator.value('out_of_bounds') === 'raise')
    note('what is out of its bounds is an error in scikit-learn, and NaN here')
  const came = input.dtypes[0] === 'float32' ? 'float32' : 'float64'
  const value = await isotonic(m, estimator, m.column(input.matrix(emitter, 'float64'), 0), came)
  return { kind: 'regressor', value: m.unsqueeze(value, 1) }
}

export const isotonicRegression: EstimatorConverter = {
  convert,
  input: async () => ({ kind: 'columns', types: [undefined] }),
}
