export { openDataset } from './datasets/open.ts'
export type { Dataset, DatasetOptions, ExampleBatch, Truth } from './datasets/types.ts'
export * from './errors.ts'
export type { Evaluated } from './gates/evaluated.ts'
export { judgeGates } from './gates/judge.ts'
export { DEFAULT_CONFIDENCE, gateFromFields, parseGate } from './gates/parse.ts'
export {
  formatChange,
  formatMetric,
  higherIsBetter,
  isMetric,
  type MetricUnit,
  unitOf,
} from './gates/units.ts'
export { MAX_EXAMPLES } from './metrics/rows.ts'
export { type EvaluateOptions, evaluateModel } from './run/evaluate.ts'
export * from './statistics/index.ts'
export * from './types.ts'
