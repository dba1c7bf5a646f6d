import type { YamlProblemCode } from '../../../yaml/options.ts'
import { Findings } from '../findings.ts'

/** What can be wrong with CI files as documents: how they are written and put together. */
export type DocumentDiagnosticCode =
  | YamlProblemCode
  | 'BAD_VALUE'
  | 'UNKNOWN_KEY'
  | 'NOT_AVAILABLE'
  | 'INCLUDE_INVALID'
  | 'INCLUDE_MISSING'
  | 'INCLUDE_UNPINNED'
  | 'INCLUDE_CHANGED'
  | 'INCLUDE_CYCLE'
  | 'TOO_MANY_INCLUDES'
  | 'INPUT_INVALID'
  | 'INPUT_UNKNOWN'
  | 'INPUT_MISSING'
  | 'INTERPOLATION_INVALID'
  | 'EXTENDS_INVALID'
  | 'EXTENDS_UNKNOWN'
  | 'EXTENDS_CYCLE'
  | 'EXTENDS_TOO_DEEP'
  | 'REFERENCE_UNKNOWN'
  | 'REFERENCE_CYCLE'
  | 'REFERENCE_TOO_DEEP'

export class DocumentFindings extends Findings<DocumentDiagnosticCode> {}
