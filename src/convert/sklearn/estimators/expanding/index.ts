import type { EstimatorTable } from '../../estimator.ts'
import { binarizer, kBinsDiscretizer } from './bins.ts'
import { functionTransformer } from './functions.ts'
import { polynomialFeatures } from './polynomial.ts'
import { splineTransformer } from './splines.ts'

export const expanding: EstimatorTable = {
  KBinsDiscretizer: kBinsDiscretizer,
  Binarizer: binarizer,
  PolynomialFeatures: polynomialFeatures,
  SplineTransformer: splineTransformer,
  FunctionTransformer: functionTransformer,
}
