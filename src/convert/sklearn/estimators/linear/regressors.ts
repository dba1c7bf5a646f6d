import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult } from '../../estimator.ts'
import { linearPredictor } from './predictor.ts'

async function linear(call: EstimatorCall): Promise<EstimatorResult> {
  return { kind: 'regressor', value: await linearPredictor(call) }
}

/** Generalized linear models whose link is the logarithm: PoissonRegressor, GammaRegressor. */
async function exponential(call: EstimatorCall): Promise<EstimatorResult> {
  return { kind: 'regressor', value: exp(call, await linearPredictor(call)) }
}

/** The link follows from the power: the identity up to 0, else the logarithm. */
async function tweedie(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator } = call
  const link = estimator.choice('link', ['auto', 'identity', 'log'], 'auto')
  const identity = link === 'identity' || (link === 'auto' && estimator.number('power', 0) <= 0)
  return identity ? linear(call) : exponential(call)
}

function exp({ emitter }: EstimatorCall, x: Value): Value {
  return new Arithmetic(emitter).of('Exp', x)
}

/** The regressor that was fitted to the inliers. */
async function ransac(call: EstimatorCall): Promise<EstimatorResult> {
  return call.regress('estimator_', call.estimator.estimator('estimator_'), call.input)
}

/** All that `predict` as `LinearModel` does. */
const LINEAR =
  'LinearRegression Ridge RidgeCV Lasso LassoCV ElasticNet ElasticNetCV MultiTaskLasso MultiTaskLassoCV MultiTaskElasticNet MultiTaskElasticNetCV Lars LarsCV LassoLars LassoLarsCV LassoLarsIC OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV BayesianRidge ARDRegression HuberRegressor TheilSenRegressor QuantileRegressor SGDRegressor PassiveAggressiveRegressor LinearSVR'

export const regressors: Readonly<Record<string, EstimatorConverter>> = {
  ...Object.fromEntries(LINEAR.split(' ').map(name => [name, { convert: linear }])),
  PoissonRegressor: { convert: exponential },
  GammaRegressor: { convert: exponential },
  TweedieRegressor: { convert: tweedie },
  RANSACRegressor: { convert: ransac },
}
