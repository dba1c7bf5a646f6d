export * from './answer.ts'
export { splitBatch, stackBatch } from './batch.ts'
export { ModelError, type ModelErrorCode } from './errors.ts'
export { fitInput } from './fit.ts'
export { checkConfig, checkTold } from './fitness.ts'
export { numbersOf } from './numbers.ts'
export {
  type ClassScore,
  DEFAULT_THRESHOLD,
  type Prediction,
  TOP_CLASSES,
  toPrediction,
} from './prediction.ts'
export { type ImageFormat, imageFormat } from './preprocess/decode/sniff.ts'
export { type PreprocessPlan, planOf } from './preprocess/plan.ts'
export { compilePreprocess, type Preprocessor } from './preprocess/preprocessor.ts'
export { resizeDefaults } from './preprocess/resize/resize.ts'
export type { PixelStep } from './preprocess/transforms.ts'
export { modelConfigSchema } from './schema.ts'
export { SUM_TOLERANCE, scoresOf, winnerOf } from './scores.ts'
export { checkInputs } from './session/check.ts'
export { type LoadOptions, loadOnnx, loadRuntime } from './session/load.ts'
export {
  type BatchAxis,
  describeInput,
  formatSpec,
  outputOf,
  type Ports,
  resolveBatchAxis,
} from './signature.ts'
export { checkColumns, MAX_CATEGORIES, MAX_TABLE_COLUMNS } from './table/check.ts'
export { compileTable, valueIn } from './table/table.ts'
export * from './table/types.ts'
export * from './types.ts'
