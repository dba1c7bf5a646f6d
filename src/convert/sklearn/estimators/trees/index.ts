import type { EstimatorTable } from '../../estimator.ts'

export const trees: EstimatorTable = {}
