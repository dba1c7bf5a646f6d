export {
  type Decision as EvidenceDecision,
  decide,
  type EvidencePolicy,
  type MetricDecision,
  passes,
  verdictOf,
} from './decide.ts'
export type { Figures } from './judge.ts'
export { inflation, nextStep, noEvidence, observe } from './observe.ts'
export type * from './types.ts'
