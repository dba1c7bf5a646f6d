export { barOf } from './bar.ts'
export { type ModelStatisticsOptions, statisticsOfModel } from './model.ts'
export { statisticsOf } from './tensor.ts'
export type { JsonNumber, ModelStatistics, Statistics, TensorStatistics } from './types.ts'
