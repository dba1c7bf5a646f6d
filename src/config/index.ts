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
export { ballastSchema } from './schema.ts'
export { isRunnable, modelFileAmong, whyNotServed } from './sections/model.ts'
export type * from './types.ts'
export { MAX_CONFIG_BYTES } from './yaml/load.ts'
