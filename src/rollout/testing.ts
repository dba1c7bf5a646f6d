/** A small world for the tests of this part. */
import { type Instant, instant, type RolloutId, type Verdict, type VersionId } from '../core/index.ts'
import { latencyBucket } from './buckets.ts'
import type { Analysis, AnalysisSpec, ArmCounts, CanaryStep, Rollout, Strategy } from './types.ts'

export const NOON: Instant = instant(Date.UTC(2026, 5, 1, 12))
export const later = (milliseconds: number): Instant => instant(NOON + milliseconds)

export const V1: VersionId = 'ver_1' as VersionId
export const V2: VersionId = 'ver_2' as VersionId

export const SPEC: AnalysisSpec = {
  errorMargin: 0.01,
  latencyMargin: 0.5,
  latencyQuantile: 0.95,
  confidence: 0.95,
  minRequests: 50,
}

export const STEPS: readonly CanaryStep[] = [
  { weight: 0.05, hold: 0 },
  { weight: 0.25, hold: 10_000 },
  { weight: 0.5, hold: 0 },
]

export const CANARY: Extract<Strategy, { kind: 'canary' }> = { kind: 'canary', steps: STEPS, analysis: SPEC }

export function aRollout(change: Partial<Rollout> = {}): Rollout {
  return {
    id: 'rol_1' as RolloutId,
    model: 'digits',
    environment: 'production',
    candidate: V2,
    stable: V1,
    strategy: CANARY,
    phase: 'queued',
    step: 0,
    weight: 0,
    createdAt: NOON,
    stepStartedAt: NOON,
    ...change,
  }
}

/** A rollout progressing at a step of STEPS, begun at noon. */
export function aCanary(step = 0): Rollout {
  return aRollout({ phase: 'progressing', step, weight: STEPS[step]!.weight })
}

export function anAnalysis(verdict: Verdict): Analysis {
  const interval = [0.081, 0.157] as const
  const summary = `errors 12 % vs 0.1 % at baseline: +11.9 % [+8.1 %, +15.7 %], allowed < 1 %: ${verdict}`
  return {
    verdict,
    metrics: [{ metric: 'errors', verdict, interval, canary: 0.12, baseline: 0.001, margin: 0.01, summary }],
    canaryRequests: 400,
    baselineRequests: 400,
  }
}

/** Seeded: the same draws in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One arm's service, and its counts so far: errors at a rate, log-normal latency with a median in microseconds. */
export class SimulatedArm {
  readonly #random: () => number
  readonly #behaviour: { readonly errorRate: number; readonly median: number; readonly sigma: number }
  readonly #latency: Record<number, number> = {}
  #requests = 0
  #errors = 0

  constructor(
    seed: number,
    behaviour: { readonly errorRate?: number; readonly median?: number; readonly sigma?: number } = {},
  ) {
    this.#random = seeded(seed)
    this.#behaviour = { errorRate: 0, median: 2000, sigma: 0.3, ...behaviour }
  }

  serve(requests: number): ArmCounts {
    const { errorRate, median, sigma } = this.#behaviour
    for (let i = 0; i < requests; i++) {
      this.#requests++
      if (this.#random() < errorRate) this.#errors++
      else {
        const bucket = latencyBucket(median * Math.exp(sigma * this.#normal()))
        this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1
      }
    }
    return { requests: this.#requests, errors: this.#errors, latency: this.#latency }
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
  }
}
