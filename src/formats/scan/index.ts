export { describeFinding } from './describe.ts'
export { scanFile, scanSource, scanTree } from './engine/report.ts'
export { RULES, RULES_VERSION, type Rule } from './rules.ts'
export { type SarifLog, toSarif } from './sarif/sarif.ts'
export type {
  FindingPlace,
  ScanFinding,
  ScannedFile,
  ScanOptions,
  ScanReport,
  ScanVerdict,
} from './types.ts'
