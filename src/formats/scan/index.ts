export { scanFile, scanSource, scanTree } from './engine/report.ts'
export { RULES, RULES_VERSION, type Rule } from './rules.ts'
export type {
  FindingPlace,
  ScanFinding,
  ScannedFile,
  ScanOptions,
  ScanReport,
  ScanVerdict,
} from './types.ts'
