import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { ClassifierResult, EstimatorCall, EstimatorResult } from '../../estimator.ts'
import { byDistance, inverseDistances, nearest, searchOf } from './search.ts'
import { oneHot, type Target, targetsOf, valuesOf } from './targets.ts'

/** The neighbours of each row, with what each counts: undefined where all count the same. */
async function found({ estimator, emitter, input }: EstimatorCall) {
  const m = new Arithmetic(emitter)
  const search = await searchOf(m, estimator, input)
  const count = estimator.integer('n_neighbors', 5, 1)
  const { places, distances } = nearest(search, estimator, count)
  const weights = byDistance(estimator) ? inverseDistances(m, distances) : undefined
  return { m, rows: search.rows, count, places, weights }
}

/** Votes of the neighbours; of equal ones the first class wins. */
export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { m, rows, count, places, weights } = await found(call)
  const outputs = (await targetsOf(m, call.estimator, rows)).map((target): ClassifierResult => {
    const votes = votesOf(m, target, places, weights)
    const total = weights ? m.sum(votes, 1, 'kept') : count
    const { classes } = target
    return { kind: 'classifier', classes, index: m.argmax(votes), probabilities: m.div(votes, total) }
  })
  const several = call.estimator.has('outputs_2d_') && call.estimator.bool('outputs_2d_')
  return several ? { kind: 'multioutput', outputs } : outputs[0]!
}

function votesOf(m: Arithmetic, target: Target, places: Value, weights: Value | undefined): Value {
  const votes = oneHot(m, m.gather(target.places, places, 0), target.classes)
  return m.sum(weights ? m.mul(votes, m.unsqueeze(weights, 2)) : votes, 1)
}

/** The mean of the neighbours' values. */
export async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const { m, rows, places, weights } = await found(call)
  const values = m.gather(valuesOf(m, call.estimator, rows), places, 0)
  if (!weights) return { kind: 'regressor', value: m.mean(values, 1) }
  const sum = m.sum(m.mul(values, m.unsqueeze(weights, 2)), 1)
  return { kind: 'regressor', value: m.div(sum, m.sum(weights, 1, 'kept')) }
}
