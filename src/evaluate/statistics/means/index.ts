export {
  differenceInterval,
  type Estimate,
  estimateOf,
  type MeanDifference,
  meanDifference,
  powerAt,
  valuesNeeded,
} from './compare.ts'
export { meanDifferenceEvidence } from './evidence.ts'
export { meanIsGreater, rateIsGreater } from './posterior.ts'
export { studentTail } from './student.ts'
export { averageOf, isBinary, mergeSums, NO_SUMS, type Sample, type Sums, spreadOf } from './sums.ts'
