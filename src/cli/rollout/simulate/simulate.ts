import {
  analysisRule,
  evidenceRule,
  type Frequency,
  groupSequentialRule,
  policyFor,
  type Rule,
  type Scenario,
  type StreamKind,
  simulate,
} from '../../../rollout/index.ts'
import { checkPlan, looksOf, type Plan } from './plan.ts'
import { casesOf } from './scenarios.ts'

/** How rollouts of one canary on one kind of stream end. */
export interface Row {
  readonly canary: string
  readonly stream: StreamKind
  /** For a healthy canary the false-rollback rate, for a harmful one the power. */
  readonly rolledBack: Frequency
  readonly promoted: Frequency
  /** Medians over the runs that ended so; requests are those of both arms. */
  readonly rolledBackAfter?: { readonly requests: number; readonly seconds: number }
  readonly promotedAfter?: { readonly requests: number; readonly seconds: number }
}

export interface Simulated {
  readonly plan: Plan
  readonly looks: number
  readonly rows: readonly Row[]
}

/** Fewest requests before a rollout passes, where a file says nothing else. */
const LEAST_REQUESTS = 50

/** Throws ARGUMENT_INVALID. `onRun` is told of each run. */
export function simulatePlan(plan: Plan, onRun?: (done: number, all: number) => void): Simulated {
  checkPlan(plan)
  const looks = looksOf(plan)
  const cases = casesOf(plan)
  const all = cases.length * plan.streams.length * plan.runs
  const rows: Row[] = []
  for (const { name, scenario } of cases) {
    const rule = ruleOf(plan, scenario, looks)
    for (const stream of plan.streams) {
      const before = rows.length * plan.runs
      const { failed, passed, failedAfter, passedAfter } = simulate({
        scenario,
        kind: stream,
        runs: plan.runs,
        looks,
        seed: plan.seed,
        rule,
        onRun: done => onRun?.(before + done, all),
      })
      rows.push({
        canary: name,
        stream,
        rolledBack: failed,
        promoted: passed,
        ...(failedAfter && { rolledBackAfter: timed(failedAfter, plan) }),
        ...(passedAfter && { promotedAfter: timed(passedAfter, plan) }),
      })
    }
  }
  return { plan, looks, rows }
}

function ruleOf(plan: Plan, scenario: Scenario, looks: number): () => Rule {
  const policy = policyFor(scenario, plan.confidence)
  switch (plan.rule) {
    case 'evidence':
      return () => evidenceRule(policy)
    case 'group-sequential':
      return () => groupSequentialRule(policy, looks)
    case 'analysis':
      return () =>
        analysisRule({
          errorMargin: plan.margins.errors,
          latencyMargin: plan.margins.latency,
          latencyQuantile: plan.quantile,
          confidence: plan.confidence,
          minRequests: LEAST_REQUESTS,
        })
  }
}

function timed({ requests, looks }: { readonly requests: number; readonly looks: number }, { lookMs }: Plan) {
  return { requests, seconds: (looks * lookMs) / 1000 }
}
