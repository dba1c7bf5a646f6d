import type { EstimatorTable } from '../../estimator.ts'
import { missingIndicator } from './indicator.ts'
import { iterativeImputer } from './iterative.ts'
import { knnImputer } from './neighbors.ts'
import { simpleImputer } from './simple.ts'

export const imputing: EstimatorTable = {
  SimpleImputer: simpleImputer,
  KNNImputer: knnImputer,
  IterativeImputer: iterativeImputer,
  MissingIndicator: missingIndicator,
}
