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
export { type Standardised, type StandardisedArms, type SumsSegment, standardised } from './segments.ts'
export { studentTail } from './student.ts'
export { averageOf, isBinary, mergeSums, type Sample, type Sums } from './sums.ts'
