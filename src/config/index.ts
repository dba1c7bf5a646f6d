export {
  type CommitRequest,
  type CompiledCommit,
  compileCiFile,
  compileCommit,
  MAX_CI_BYTES,
} from './commit.ts'
export { configFromConvention } from './convention.ts'
export type { ConfigDiagnosticCode } from './findings.ts'
export { parseConfig } from './parse.ts'
export { planFacts } from './plan-facts.ts'
export { ballastSchema } from './schema.ts'
export { DEFAULT_ANALYSIS } from './sections/analysis.ts'
export { MAX_TOLERANCE } from './sections/convert.ts'
export {
  isConverted,
  isRunnable,
  modelFileAmong,
  samplesBeside,
  whyVersionNotServed,
} from './sections/model-formats.ts'
export type * from './types.ts'
export { MAX_CONFIG_BYTES } from './yaml/load.ts'
