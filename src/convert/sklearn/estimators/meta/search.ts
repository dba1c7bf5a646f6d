import { Refusal } from '../../../refusals.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult } from '../../estimator.ts'
import { inputOfInner } from './inner.ts'

/** Estimators that ask the one inside, the first of these that is there. */
function asInner(...names: readonly string[]): EstimatorConverter {
  const inner = inputOfInner(...names)
  return {
    async convert({ estimator, input, purpose, convert }: EstimatorCall): Promise<EstimatorResult> {
      const name = names.find(each => !estimator.isNone(each))
      if (name === undefined)
        throw new Refusal(`it has no '${names[0]}'`, 'Fit it with refit=True, or save the best estimator.')
      return convert(name, estimator.estimator(name), input, purpose)
    },
    // What has none inside is refused when it is converted.
    input: async (estimator, ask) =>
      names.every(name => estimator.isNone(name))
        ? { kind: 'columns', types: [undefined] }
        : inner(estimator, ask),
  }
}

export const search = asInner('best_estimator_')
/** `base_estimator_` before 1.6. */
export const selfTraining = asInner('estimator_', 'base_estimator_')
export const frozen = asInner('estimator')
