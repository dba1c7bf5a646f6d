export {
  type ExperimentResult,
  looksOfBandit,
  perLookOfAb,
  runAb,
  runBandit,
  simulateExperiment,
} from './experiments.ts'
export { analysisRule, evidenceRule, groupSequentialRule, policyFor } from './rules.ts'
export {
  type Frequency,
  type Rule,
  type RunOutcome,
  runRollout,
  type Simulation,
  type SimulationResult,
  simulate,
  summarise,
} from './run.ts'
export { type Scenario, type SimulatedMetric, SimulatedStream, type StreamLook } from './stream.ts'
export { STREAM_KINDS, type StreamKind } from './weather.ts'
