import { Refusal } from '../../../refusals.ts'
import type { Columns } from '../../columns.ts'
import type { EstimatorCall, EstimatorConverter, Fitted } from '../../estimator.ts'
import { inputOf } from '../../names.ts'
import { fromModel } from './from-model.ts'
import { byKind } from './scores.ts'

/** Which columns are kept. */
type Support = (call: EstimatorCall) => Promise<readonly boolean[]>

const selecting = (support: Support): EstimatorConverter => ({
  convert: async call => ({ kind: 'features', columns: kept(call, await support(call)) }),
  input: async estimator => inputOf(estimator),
})

function kept({ estimator, input, emitter }: EstimatorCall, support: readonly boolean[]): Columns {
  if (support.length !== input.width)
    throw estimator.invalid(
      'n_features_in_',
      `is ${input.width}, and it has scores of ${support.length} columns`,
    )
  const places = support.flatMap((keep, i) => (keep ? [i] : []))
  if (places.length === 0) throw new Refusal('it keeps no column')
  return input.pick(emitter, places)
}

const flagsOf = async (estimator: Fitted, name: string): Promise<readonly boolean[]> =>
  Array.from(await estimator.floats(name, [null]), keep => keep !== 0)

export const varianceThreshold: EstimatorConverter = selecting(async ({ estimator }) => {
  const threshold = estimator.number('threshold', 0)
  return Array.from(await estimator.floats('variances_', [null]), variance => variance > threshold)
})

const scored = (kind: (estimator: Fitted) => string, parameter: string): EstimatorConverter =>
  selecting(({ estimator }) => byKind(estimator, kind(estimator), parameter))

export const selectKBest: EstimatorConverter = scored(() => 'k_best', 'k')
export const selectPercentile: EstimatorConverter = scored(() => 'percentile', 'percentile')
export const selectFpr: EstimatorConverter = scored(() => 'fpr', 'alpha')
export const selectFdr: EstimatorConverter = scored(() => 'fdr', 'alpha')
export const selectFwe: EstimatorConverter = scored(() => 'fwe', 'alpha')
export const genericSelect: EstimatorConverter = scored(
  estimator => estimator.text('mode', 'percentile'),
  'param',
)

export const selectFromModel: EstimatorConverter = {
  ...selecting(fromModel),
  limits: 'of estimators with coef_, and of trees and forests',
  async input(estimator, ask) {
    const own = await inputOf(estimator)
    if (own) return own
    const name = estimator.has('estimator_') ? 'estimator_' : 'estimator'
    return ask(name, estimator.estimator(name))
  },
}

/** Columns that were kept one round after the other; where it is the last of a pipeline, what its estimator says of them. */
export const rfe: EstimatorConverter = {
  async convert(call) {
    const { estimator, purpose } = call
    const columns = kept(call, await flagsOf(estimator, 'support_'))
    if (purpose === 'transform') return { kind: 'features', columns }
    return call.convert('estimator_', estimator.estimator('estimator_'), columns, 'predict')
  },
  input: async estimator => inputOf(estimator),
}

export const sequentialSelector: EstimatorConverter = selecting(({ estimator }) =>
  flagsOf(estimator, 'support_'),
)
