import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { type EstimatorCall, type EstimatorResult, type EstimatorTable, features } from '../../estimator.ts'
import { classifier, regressor } from './perceptron.ts'

/** Mean of the hidden units: σ(x · components + intercept). */
async function boltzmann({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const intercept = m.numbers(await estimator.floats('intercept_hidden_', [components.rows]))
  const x = input.matrix(emitter, 'float64')
  return features(m.of('Sigmoid', m.times(x, components.weight(emitter), intercept)))
}

export const neural: EstimatorTable = {
  MLPClassifier: { convert: classifier },
  MLPRegressor: { convert: regressor },
  BernoulliRBM: { convert: boltzmann },
}
