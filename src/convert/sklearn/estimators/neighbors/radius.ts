import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import {
  type ClassifierResult,
  type EstimatorCall,
  type EstimatorResult,
  toClasses,
} from '../../estimator.ts'
import { cellOf } from '../../fitted/cells.ts'
import { byDistance, inverseDistances, searchOf } from './search.ts'
import { oneHot, type Target, targetsOf, valuesOf } from './targets.ts'

/** What each fitted row counts for each row, 0 beyond the radius: float64 [N, M]. */
async function weighed({ estimator, emitter, input }: EstimatorCall) {
  const m = new Arithmetic(emitter)
  const search = await searchOf(m, estimator, input)
  const radius = search.reduce(estimator.number('radius', 1))
  const within = m.cast(m.emitter.op('LessOrEqual', [search.reduced, m.numbers([radius], [])]), 'float64')
  const weights = byDistance(estimator) ? inverseDistances(m, search.root(search.reduced), within) : within
  return { m, rows: search.rows, weights }
}

export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator } = call
  const { m, rows, weights } = await weighed(call)
  const alone = estimator.isNone('outlier_label_')
  if (alone) call.note('a row without neighbours is an error in scikit-learn; here it gets the first class')
  const labels = alone ? [] : estimator.list('outlier_label_').map(cellOf)
  const outputs = (await targetsOf(m, estimator, rows)).map((target, k): ClassifierResult => {
    const votes = m.matmul(weights, oneHot(m, target.places, target.classes))
    const label = labels[k]
    if (label === undefined) return voted(m, target, votes)
    const known = toClasses(estimator, 'outlier_label_', [label])
    if (known.dtype !== target.classes.dtype)
      throw estimator.invalid('outlier_label_', 'is of another type than the classes')
    return withOutliers(m, target, votes, known.labels[0]!)
  })
  const several = estimator.has('outputs_2d_') && estimator.bool('outputs_2d_')
  return several ? { kind: 'multioutput', outputs } : outputs[0]!
}

function voted(m: Arithmetic, { classes }: Target, votes: Value): ClassifierResult {
  const total = m.sum(votes, 1, 'kept')
  const probabilities = m.div(votes, m.where(m.equal(total, 0), 1, total))
  return { kind: 'classifier', classes, index: m.argmax(votes), probabilities }
}

/** A row without neighbours gets the outliers' label: a class with all its probability, or one that has none. */
function withOutliers(m: Arithmetic, target: Target, votes: Value, label: bigint | string): ClassifierResult {
  const { classes } = target
  const none = m.equal(m.sum(votes, 1, 'kept'), 0)
  const place = classes.labels.indexOf(label)
  if (place >= 0) {
    const row = m.numbers(
      classes.labels.map((_, i) => (i === place ? 1 : 0)),
      [1, classes.labels.length],
    )
    return voted(m, target, m.where(none, row, votes))
  }
  const plain = voted(m, target, votes)
  const index = m.emitter.op('Where', [
    m.squeeze(none, 1),
    m.emitter.scalar('int64', classes.labels.length),
    plain.index,
  ])
  return { ...plain, index, classes: { ...classes, labels: [...classes.labels, label] } }
}

/** The mean within the radius; NaN where nothing is. */
export async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const { m, rows, weights } = await weighed(call)
  const sum = m.matmul(weights, valuesOf(m, call.estimator, rows))
  return { kind: 'regressor', value: m.div(sum, m.sum(weights, 1, 'kept')) }
}
