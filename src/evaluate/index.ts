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
export * from './statistics/index.ts'
export * from './types.ts'
