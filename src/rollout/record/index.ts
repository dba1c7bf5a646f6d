export { explainRecord } from './explain.ts'
export { readRecord } from './read.ts'
export * from './types.ts'
export {
  type CheckedRecord,
  type RecordEnvelope,
  type RecordFinding,
  type RecordGap,
  type RecordProblem,
  type Verification,
  verifyRecords,
} from './verify.ts'
export { type RecordFacts, recordDigest, recordPayload } from './write.ts'
