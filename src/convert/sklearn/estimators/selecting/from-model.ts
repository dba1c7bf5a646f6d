import { Refusal } from '../../../refusals.ts'
import type { EstimatorCall, Fitted } from '../../estimator.ts'
import { told } from '../../fitted/fitted.ts'
import { importancesOf } from './importances.ts'
import { best, quantile } from './scores.ts'

/** Columns whose importance to a fitted estimator is at least the threshold. */
export async function fromModel({ estimator, look }: EstimatorCall): Promise<readonly boolean[]> {
  const name = estimator.has('estimator_') ? 'estimator_' : 'estimator'
  const inner = look(name, estimator.estimator(name))
  refuseGetter(estimator)
  const scores = await scoresOf(estimator, inner)
  const threshold = thresholdOf(estimator, inner, scores)
  const most = estimator.isNone('max_features')
    ? undefined
    : estimator.integer(['max_features_', 'max_features'])
  const kept = most === undefined ? scores.map(() => true) : first(scores, most)
  return scores.map((score, i) => kept[i]! && score >= threshold)
}

function refuseGetter(estimator: Fitted): void {
  const getter = estimator.value('importance_getter') ?? 'auto'
  if (!['auto', 'coef_', 'feature_importances_'].includes(String(getter)))
    throw new Refusal(`importance_getter=${told(getter)}`, "Use 'auto'.")
}

/** |coef_|; of several rows their norm; or feature_importances_. */
async function scoresOf(estimator: Fitted, inner: Fitted): Promise<readonly number[]> {
  if (!inner.has('coef_')) return importancesOf(inner)
  const { shape } = inner.array('coef_')
  const coefficients = Array.from(await inner.floats('coef_'), Math.abs)
  if (shape.length === 1) return coefficients
  const width = shape[1] ?? 0
  const order = estimator.number('norm_order', 1)
  return Array.from({ length: width }, (_, column) =>
    normOf(
      coefficients.filter((_, i) => i % width === column),
      order,
    ),
  )
}

function normOf(sizes: readonly number[], order: number): number {
  if (order === Number.POSITIVE_INFINITY) return Math.max(...sizes)
  if (order === Number.NEGATIVE_INFINITY) return Math.min(...sizes)
  return sizes.reduce((sum, size) => sum + size ** order, 0) ** (1 / order)
}

/** A number, or 'mean', 'median', '1.25*mean'. By default 1e-5 for estimators that set coefficients to 0, else the mean. */
function thresholdOf(estimator: Fitted, inner: Fitted, scores: readonly number[]): number {
  const value = estimator.value('threshold') ?? null
  if (typeof value === 'number') return value
  if (value === null) return isSparse(inner) ? 1e-5 : mean(scores)
  const [, factor, statistic] =
    (typeof value === 'string' && /^\s*(?:([\d.eE+-]+)\s*\*\s*)?(mean|median)\s*$/.exec(value)) || []
  if (statistic === undefined) throw new Refusal(`threshold=${told(value)}`)
  const of = statistic === 'mean' ? mean(scores) : quantile(scores, 0.5)
  return of * (factor === undefined ? 1 : Number(factor))
}

/** Whether it was fitted with an L1 penalty, as the version that wrote it knew: ElasticNet since 1.1, l1_ratio of others since 1.8. */
function isSparse(inner: Fitted): boolean {
  const { className } = inner
  if (inner.value('penalty') === 'l1' || className.includes('Lasso')) return true
  const ratio = Number(inner.value(className.endsWith('CV') ? 'l1_ratio_' : 'l1_ratio') ?? Number.NaN)
  const known =
    (/^ElasticNet(CV)?$/.test(className) && inner.since(1)) ||
    (/^LogisticRegression(CV)?$/.test(className) && inner.since(8))
  return known && Math.abs(ratio - 1) < 1e-5
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** The highest; of equal ones the first. */
function first(scores: readonly number[], count: number): readonly boolean[] {
  return best(scores.toReversed(), count).toReversed()
}
