export { isEstimator, readEstimator } from './estimator.ts'
export type * from './types.ts'
