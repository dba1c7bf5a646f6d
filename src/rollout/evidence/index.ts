export {
  type Decision as EvidenceDecision,
  decide,
  type EvidencePolicy,
  isRequired,
  type MetricDecision,
  passes,
  verdictOf,
} from './decide.ts'
export type { Figures } from './judge.ts'
export { harmAhead, inflation, nextStep, noEvidence, observe, passAhead } from './observe.ts'
export type * from './types.ts'
