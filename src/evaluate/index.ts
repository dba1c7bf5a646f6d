export { openDataset } from './datasets/open.ts'
export type {
  Dataset,
  DatasetOptions,
  ExampleBatch,
  NamedTensors,
  TableExample,
  Truth,
} from './datasets/types.ts'
export * from './errors.ts'
export type { Evaluated } from './gates/evaluated.ts'
export { metricInterval } from './gates/intervals.ts'
export { judgeGates } from './gates/judge.ts'
export { gateFromFields, parseGate } from './gates/parse.ts'
export {
  formatMetric,
  higherIsBetter,
  isMetric,
} from './gates/units.ts'
export { type EvaluateOptions, evaluateModel } from './run/evaluate.ts'
export { inputsOf } from './run/inputs.ts'
export * from './statistics/index.ts'
export * from './types.ts'
