import type { EstimatorTable } from '../../estimator.ts'

export const bayes: EstimatorTable = {}
