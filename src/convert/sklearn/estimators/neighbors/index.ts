import type { EstimatorTable } from '../../estimator.ts'

export const neighbors: EstimatorTable = {}
