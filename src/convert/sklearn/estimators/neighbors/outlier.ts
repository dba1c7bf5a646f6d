import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import type { EstimatorCall, EstimatorResult } from '../../estimator.ts'
import { nearest, searchOf } from './search.ts'

/**
 * −mean(density of the neighbours / own density) − offset: below 0 an outlier (Breunig et al. 2000). A density is
 * 1 / (mean of the reachability distances + 1e-10).
 */
export async function localOutlierFactor({
  estimator,
  emitter,
  input,
}: EstimatorCall): Promise<EstimatorResult> {
  if (!estimator.bool('novelty', false))
    throw new Refusal('novelty=False has no predict for new rows', 'Fit it with novelty=True.')
  const m = new Arithmetic(emitter)
  const search = await searchOf(m, estimator, input)
  const count = estimator.integer('n_neighbors_', undefined, 1)
  const { places, distances } = nearest(search, estimator, count)
  const fitted = await matrixOf(estimator, '_distances_fit_X_', [search.rows, null])
  const [reach, columns] = [fitted.weight(emitter), fitted.columns]
  if (columns < count) throw estimator.invalid('_distances_fit_X_', `has fewer than ${count} columns`)
  const reachable = m.max(distances, m.gather(m.column(reach, count - 1), places, 0))
  const density = m.div(1, m.add(m.mean(reachable, 1), 1e-10))
  const own = m.numbers(await estimator.floats('_lrd', [search.rows]))
  const ratios = m.div(m.gather(own, places, 0), m.unsqueeze(density, 1))
  const scores = m.sub(m.of('Neg', m.mean(ratios, 1)), estimator.number('offset_'))
  return { kind: 'cluster', label: m.cast(m.where(m.less(scores, 0), -1, 1), 'int64'), scores }
}
