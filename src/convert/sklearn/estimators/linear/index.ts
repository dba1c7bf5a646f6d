import type { EstimatorTable } from '../../estimator.ts'
import { classifiers } from './classifiers.ts'
import { discriminants } from './discriminant.ts'
import { leastSquares } from './least-squares.ts'
import { regressors } from './regressors.ts'

export const linear: EstimatorTable = { ...regressors, ...classifiers, ...discriminants, ...leastSquares }
