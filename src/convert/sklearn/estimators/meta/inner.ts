import type { Estimator } from '../../../../formats/index.ts'
import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type {
  Classes,
  ClassifierResult,
  EstimatorConverter,
  EstimatorResult,
  Fitted,
} from '../../estimator.ts'
import { labelsOf } from '../../outputs.ts'

/** Takes what its inner estimator takes; of a list the first. Where that is open, what it says itself. */
export const inputOfInner =
  (...names: readonly string[]): NonNullable<EstimatorConverter['input']> =>
  async (estimator, ask) => {
    for (const name of names) {
      const [first] = innerAt(estimator, name)
      const input = first && (await ask(first.name, first.inner))
      if (input) return input
    }
    return undefined
  }

interface Named {
  /** `estimators_[0]`. */
  readonly name: string
  readonly inner: Estimator
}

/** Estimators of an attribute, which may be one, a list, or missing. */
export function innerAt(estimator: Fitted, name: string): readonly Named[] {
  const value = estimator.value(name)
  if (value === undefined || value === null) return []
  if (typeof value === 'object' && 'kind' in value && value.kind === 'estimator')
    return [{ name, inner: value }]
  return estimator.estimators(name).map((inner, i) => ({ name: `${name}[${i}]`, inner }))
}

/** Those of a list, of which there must be one. */
export function innerOf(estimator: Fitted, name: string): readonly [Named, ...Named[]] {
  const [first, ...others] = innerAt(estimator, name)
  if (!first) throw estimator.invalid(name, 'has no estimator')
  return [first, ...others]
}

/** `_predict_binary`: decision [N], or the probability of the second class, or what a regressor says. */
export function binaryScore(
  m: Arithmetic,
  result: EstimatorResult,
): { readonly score: Value; readonly middle: number } {
  if (result.kind === 'regressor') return { score: m.column(result.value, 0), middle: 0.5 }
  if (result.kind !== 'classifier')
    throw new Refusal('one of its estimators is neither classifier nor regressor')
  if (result.decision) return { score: flat(m, result.decision), middle: 0 }
  if (result.probabilities) return { score: m.column(result.probabilities, 1), middle: 0.5 }
  throw new Refusal('one of its estimators gives neither decisions nor probabilities')
}

const flat = (m: Arithmetic, x: Value): Value => (x.shape?.length === 2 ? m.column(x, 0) : x)

/** [N] as [N, 1]. */
export const upright = (m: Arithmetic, x: Value): Value => (x.shape?.length === 1 ? m.unsqueeze(x, 1) : x)

/** What a classifier of numbers predicts, as numbers: int64 [N]. */
export function numericLabels(m: Arithmetic, result: ClassifierResult): Value {
  if (result.classes.dtype === 'string')
    throw new Refusal('one of its estimators was fitted to texts, where numbers are expected')
  return labelsOf(m.emitter, result)
}

/** Places in other classes of what a classifier predicts, whose own classes are such places. */
export function placesOf(m: Arithmetic, result: ClassifierResult, { labels }: Classes): Value {
  const fits = result.classes.labels.every(
    label => typeof label === 'bigint' && label >= 0n && label < BigInt(labels.length),
  )
  if (!fits) throw new Refusal('one of its estimators was fitted to other classes')
  return numericLabels(m, result)
}
