export { seededRandom } from './bootstrap.ts'
export {
  differenceBounds,
  evidenceAgainst,
  evidenceRate,
  type Proportion,
  rateOf,
  type Side,
} from './difference.ts'
export * from './means/index.ts'
export { type Discordant, type Interval, wilsonInterval } from './proportions.ts'
export {
  type LogHistogram,
  logHistogram,
  type QuantileRatioTest,
  quantileBucket,
  quantileRatioRate,
  quantileRatioTest,
} from './quantile-ratio.ts'
export * from './sequential/index.ts'
export { normalCdf, normalQuantile } from './special.ts'
