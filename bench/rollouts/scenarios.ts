/** Ten metrics of one canary, healthy or with one of them harmed; and what the peers, who see no pairs, see instead. */
import type { MetricOf, Scenario, SimulatedMetric } from '../../src/rollout/index.ts'

/** Expected requests of each arm between two looks. */
export const REQUESTS = 100
export const LOOKS = 100
/** The first ten are judged by evidence; the last is the accuracy of the canary's own labelled requests, for the peers. */
export const JUDGED = 10

export type Harm = 'none' | 'errors' | 'accuracy' | 'p99'

/** A margin of 0 is never passed: a run ends by a rollback or with its looks. */
const rate = (name: string, baseline: number, canary = baseline): SimulatedMetric => ({
  metric: { kind: 'rate', name, tolerance: 0, margin: 0 },
  baseline,
  canary,
})
const paired = (name: string, onlyBaseline: number, onlyCanary: number): SimulatedMetric => ({
  metric: { kind: 'paired', name, tolerance: 0, margin: 0 },
  onlyBaseline,
  onlyCanary,
  labelled: 1,
})
const P99: MetricOf<'quantile'> = { kind: 'quantile', name: 'p99', quantile: 0.99, tolerance: 0, margin: 0 }
const ANSWERS = [0.5, 0.3, 0.2]

export function scenarioOf(harm: Harm): Scenario {
  const worse = harm === 'accuracy'
  return {
    canaryRequests: REQUESTS,
    baselineRequests: REQUESTS,
    latency: { median: 20_000, sigma: 0.5, canaryFactor: harm === 'p99' ? 1.3 : 1 },
    metrics: [
      rate('errors', 0.005, harm === 'errors' ? 0.02 : 0.005),
      rate('timeouts', 0.001),
      rate('refusals', 0.02),
      rate('fallbacks', 0.05),
      rate('empty answers', 0.2),
      { metric: P99 },
      // 90 % right, or 88 %: the versions disagree on a tenth of the requests.
      paired('accuracy', worse ? 0.06 : 0.05, worse ? 0.04 : 0.05),
      paired('second label', 0.03, 0.03),
      { metric: { kind: 'mean', name: 'loss', tolerance: 0, margin: 0 }, baseline: 0.2, canary: 0.2 },
      {
        metric: { kind: 'distribution', name: 'answers', margin: 0 },
        baseline: ANSWERS,
        canary: ANSWERS,
      },
      rate('wrong answers', 0.1, worse ? 0.12 : 0.1),
    ],
  }
}
