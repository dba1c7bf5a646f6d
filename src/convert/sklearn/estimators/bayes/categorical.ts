import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { posterior } from './posterior.ts'

/** Cells of all features' tables together. */
const MAX_CELLS = 4 * 1024 * 1024

/**
 * Σ log P(category | class) + log prior. The tables of all features [C, categories] stand in one [Σ categories, C], and
 * a category's place is its feature's start behind it. A category that was not known is the nearest that was: there
 * scikit-learn raises an error.
 */
export async function categorical({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const tables = estimator.arrays('feature_log_prob_')
  if (tables.length !== input.width)
    throw estimator.invalid('feature_log_prob_', `has ${tables.length} tables for ${input.width} features`)
  for (const table of tables) estimator.checkShape('feature_log_prob_', table, [count, null])
  const sizes = tables.map(({ shape }) => shape[1]!)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total * count > MAX_CELLS || sizes.includes(0))
    throw estimator.invalid('feature_log_prob_', `has ${total} categories of ${count} classes`)
  const cells = new Float64Array(total * count)
  let start = 0
  const starts = []
  for (const [i, table] of tables.entries()) {
    starts.push(start)
    const logs = await table.floats()
    for (let k = 0; k < count; k++)
      for (let j = 0; j < sizes[i]!; j++) cells[(start + j) * count + k] = logs[k * sizes[i]! + j]!
    start += sizes[i]!
  }
  // Whole numbers, cut off as `dtype=int` does.
  const x = m.cast(input.matrix(emitter, 'int64'), 'float64')
  const last = m.numbers(sizes.map(size => size - 1))
  const places = m.cast(m.add(m.max(m.min(x, last), 0), m.numbers(starts)), 'int64')
  const logs = m.sum(m.gather(m.numbers(cells, [total, count]), places, 0), 1)
  const priors = m.numbers(await estimator.floats('class_log_prior_', [count]))
  return posterior(m, classes, m.add(logs, priors))
}
