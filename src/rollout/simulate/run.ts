import type { Fraction, Verdict } from '../../core/index.ts'
import { type Interval, wilsonInterval } from '../../evaluate/index.ts'
import { type Scenario, SimulatedStream, type StreamLook } from './stream.ts'
import type { StreamKind } from './weather.ts'

/** A rule that looks at a rollout again and again; one object for one rollout. */
export interface Rule {
  look(look: StreamLook): Verdict
}

export interface RunOutcome {
  readonly verdict: Verdict
  /** Until the decision, or all. */
  readonly looks: number
  /** Of both arms. */
  readonly requests: number
}

/** One rollout until its rule decides or `looks` are over. */
export function runRollout(stream: SimulatedStream, rule: Rule, looks: number): RunOutcome {
  let requests = 0
  for (let look = 1; look <= looks; look++) {
    const seen = stream.next()
    requests += seen.canaryRequests + seen.baselineRequests
    const verdict = rule.look(seen)
    if (verdict !== 'inconclusive') return { verdict, looks: look, requests }
  }
  return { verdict: 'inconclusive', looks, requests }
}

/** A frequency with its Monte-Carlo interval (95 %, Wilson). */
export interface Frequency {
  readonly part: Fraction
  readonly interval: Interval
}

export interface SimulationResult {
  readonly runs: number
  readonly failed: Frequency
  readonly passed: Frequency
  /** Median over the runs that ended so, of requests of both arms and of looks; undefined where none did. */
  readonly failedAfter?: { readonly requests: number; readonly looks: number }
  readonly passedAfter?: { readonly requests: number; readonly looks: number }
}

/** Streams of different scenarios and kinds have seeds of their own: run i of seed s is the same in every command. */
const SEED_STRIDE = 1_000_003

export interface Simulation {
  readonly scenario: Scenario
  readonly kind: StreamKind
  readonly runs: number
  readonly looks: number
  readonly seed: number
  /** A new rule for each run. */
  readonly rule: () => Rule
  readonly onRun?: (done: number) => void
}

export function simulate({ scenario, kind, runs, looks, seed, rule, onRun }: Simulation): SimulationResult {
  const outcomes = Array.from({ length: runs }, (_, i) => {
    const outcome = runRollout(new SimulatedStream(scenario, kind, seed * SEED_STRIDE + i), rule(), looks)
    onRun?.(i + 1)
    return outcome
  })
  return summarise(outcomes)
}

export function summarise(outcomes: readonly RunOutcome[]): SimulationResult {
  const failed = outcomes.filter(({ verdict }) => verdict === 'failed')
  const passed = outcomes.filter(({ verdict }) => verdict === 'passed')
  const [failedAfter, passedAfter] = [medians(failed), medians(passed)]
  return {
    runs: outcomes.length,
    failed: frequency(failed.length, outcomes.length),
    passed: frequency(passed.length, outcomes.length),
    ...(failedAfter && { failedAfter }),
    ...(passedAfter && { passedAfter }),
  }
}

export function frequency(count: number, total: number): Frequency {
  return { part: total === 0 ? 0 : count / total, interval: wilsonInterval(count, total, 0.95) }
}

function medians(outcomes: readonly RunOutcome[]) {
  if (outcomes.length === 0) return undefined
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  return {
    requests: middle(outcomes.map(({ requests }) => requests)),
    looks: middle(outcomes.map(({ looks }) => looks)),
  }
}
