import type { EstimatorTable } from '../../estimator.ts'

export const decomposition: EstimatorTable = {}
