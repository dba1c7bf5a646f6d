import type { EstimatorTable } from '../../estimator.ts'

export const cluster: EstimatorTable = {}
