export {
  differenceBounds,
  evidenceAgainst,
  evidenceRate,
  type Proportion,
  rateOf,
  type Side,
} from './difference.ts'
export {
  type LogHistogram,
  logHistogram,
  type QuantileRatioTest,
  quantileBucket,
  quantileRatioRate,
  quantileRatioTest,
} from './quantile-ratio.ts'
