import type { EstimatorTable } from '../../estimator.ts'

export const neural: EstimatorTable = {}
