import type { EstimatorTable } from '../../estimator.ts'

export const meta: EstimatorTable = {}
