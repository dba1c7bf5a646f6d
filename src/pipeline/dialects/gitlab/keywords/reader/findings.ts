import { Findings } from '../../findings.ts'

/** What can be wrong with the jobs and keywords of a CI file, once it is loaded. */
export type KeywordDiagnosticCode =
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  | 'BAD_VALUE'
  | 'KEY_CLASH'
  | 'NOT_AVAILABLE'
  | 'DIFFERS'
  | 'JOB_NAME_INVALID'
  | 'JOB_DUPLICATE'
  | 'STAGE_UNKNOWN'
  | 'NEED_UNKNOWN'
  | 'NEED_DUPLICATE'
  | 'NEED_LATER_STAGE'
  | 'NEED_EXCLUDED'
  | 'NEED_CYCLE'
  | 'DEPENDENCY_UNKNOWN'
  | 'DEPENDENCY_NOT_BEFORE'
  | 'TOO_MANY_JOBS'
  | 'TOO_MANY_NEEDS'
  | 'VARIABLES_INVALID'
  | 'INPUT_UNKNOWN'

export class KeywordFindings extends Findings<KeywordDiagnosticCode> {}
