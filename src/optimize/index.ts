export { type CalibrationState, collectRanges, collectSome, isCollected } from './calibration/collect.ts'
export { CALIBRATIONS, type Calibration } from './calibration/types.ts'
export {
  CHANGE_NAMES,
  CHANGES,
  type Change,
  changeOf,
  PREFERENCES,
  type Preference,
  SAMPLES,
  type StaticChange,
  simplifiedFirst,
} from './changes.ts'
export * from './errors.ts'
export { constantsAsInitializers, listedAsConstants } from './graph/constants.ts'
export type { Computer } from './graph/passes/computer.ts'
export { type Simplified, type SimplifyOptions, simplify } from './graph/passes/simplify.ts'
export type { WorkFile, Workspace } from './ports.ts'
export { BLOCK_SIZES, type BlockOptions, quantizeBlocks } from './precision/blocks/quantize.ts'
export { type HalfOptions, halve } from './precision/float16/halve.ts'
export { type DynamicOptions, quantizeDynamic } from './precision/int8/dynamic.ts'
export type { WeightType } from './precision/int8/grid.ts'
export { quantizeStatic } from './precision/qdq/quantize.ts'
export type { Range, Ranges } from './precision/qdq/types.ts'
export { type StorageOptions, storeHalves } from './precision/storage/storage.ts'
export { type WithSteps, withSteps } from './steps/with-steps.ts'
export type * from './types.ts'
