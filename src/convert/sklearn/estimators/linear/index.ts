import type { EstimatorTable } from '../../estimator.ts'

export const linear: EstimatorTable = {}
