export { compact, type Masked, readMask, spread, zeroWhereNot } from './masks.ts'
export { runCell } from './run.ts'
export { runScan, type StepCell } from './scan.ts'
export type * from './types.ts'
