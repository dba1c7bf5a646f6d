import { Refusal } from '../../../refusals.ts'
import type { Fitted } from '../../estimator.ts'

/** The selection of scikit-learn's univariate selectors by scores_ or pvalues_. A Refusal for an unknown kind. */
export async function byKind(
  estimator: Fitted,
  kind: string,
  parameter: string,
): Promise<readonly boolean[]> {
  const value = estimator.value(parameter)
  const limit = value === 'all' ? Number.POSITIVE_INFINITY : estimator.number(parameter)
  switch (kind) {
    case 'k_best':
      return best(await scoresOf(estimator), limit)
    case 'percentile':
      return percentile(await scoresOf(estimator), limit)
    case 'fpr':
      return (await pvaluesOf(estimator)).map(p => p < limit)
    case 'fwe': {
      const pvalues = await pvaluesOf(estimator)
      return pvalues.map(p => p < limit / pvalues.length)
    }
    case 'fdr':
      return falseDiscovery(await pvaluesOf(estimator), limit)
    default:
      throw new Refusal(`mode='${kind.slice(0, 100)}'`)
  }
}

async function pvaluesOf(estimator: Fitted): Promise<readonly number[]> {
  return Array.from(await estimator.floats('pvalues_', [null]))
}

/** NaN counts as the lowest. */
async function scoresOf(estimator: Fitted): Promise<readonly number[]> {
  return Array.from(await estimator.floats('scores_', [null]), score =>
    Number.isNaN(score) ? -Number.MAX_VALUE : score,
  )
}

/** The k highest; of equal ones the later. */
export function best(scores: readonly number[], k: number): readonly boolean[] {
  const order = scores.map((_, i) => i).toSorted((a, b) => scores[a]! - scores[b]! || a - b)
  const kept = new Set(order.slice(Math.max(0, order.length - k)))
  return scores.map((_, i) => kept.has(i))
}

/** Those above the percentile, and of those at it the first, as many as there is room for. */
function percentile(scores: readonly number[], percent: number): readonly boolean[] {
  if (percent >= 100) return scores.map(() => true)
  if (percent <= 0) return scores.map(() => false)
  const threshold = quantile(scores, (100 - percent) / 100)
  const above = scores.map(score => score > threshold)
  const most = Math.trunc((scores.length * percent) / 100)
  let room = most - above.filter(Boolean).length
  return above.map((keep, i) => keep || (scores[i] === threshold && room-- > 0))
}

/** numpy.percentile: linear between the two nearest. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const place = part * (sorted.length - 1)
  const below = Math.floor(place)
  const [low, high] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0]
  const t = place - below
  // As numpy interpolates: from the nearer end.
  return t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t
}

/** Benjamini and Hochberg's procedure. */
function falseDiscovery(pvalues: readonly number[], alpha: number): readonly boolean[] {
  const sorted = pvalues.toSorted((a, b) => a - b)
  const last = sorted.findLast((p, i) => p <= (alpha / sorted.length) * (i + 1))
  return pvalues.map(p => last !== undefined && p <= last)
}
