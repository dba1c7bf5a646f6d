export { type CurvePoint, withPoint } from './curve.ts'
export { type Judged, judgedBy } from './judged.ts'
export { looked } from './look.ts'
export type { LabelCounts, Present, RolloutEvidence } from './types.ts'
