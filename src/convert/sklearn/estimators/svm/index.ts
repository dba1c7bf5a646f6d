import type { EstimatorTable } from '../../estimator.ts'

export const svm: EstimatorTable = {}
