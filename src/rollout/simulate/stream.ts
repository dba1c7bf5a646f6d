import { BUCKET_GROWTH, MAX_BUCKET } from '../buckets.ts'
import type { Look, MetricOf } from '../evidence/index.ts'
import type { ArmCounts } from '../types.ts'
import { Draws } from './draws.ts'
import { type StreamKind, type Weather, weatherOf } from './weather.ts'

/** A metric, and how it truly is in the two versions. */
export type SimulatedMetric =
  | { readonly metric: MetricOf<'rate'>; readonly baseline: number; readonly canary: number }
  /** Losses that are 0, ¼, ½, ¾ or 1, with these means. */
  | { readonly metric: MetricOf<'mean'>; readonly baseline: number; readonly canary: number }
  /** Of the scenario's latencies. */
  | { readonly metric: MetricOf<'quantile'> }
  /** Of the pairs: in which only the baseline is right, and only the canary. `labelled`: part of the canary's requests. */
  | {
      readonly metric: MetricOf<'paired'>
      readonly onlyBaseline: number
      readonly onlyCanary: number
      readonly labelled: number
    }
  | {
      readonly metric: MetricOf<'distribution'>
      readonly baseline: readonly number[]
      readonly canary: readonly number[]
    }

export interface Scenario {
  readonly metrics: readonly SimulatedMetric[]
  /** Expected requests of each arm in a look. */
  readonly canaryRequests: number
  readonly baselineRequests: number
  /** Log-normal: median in microseconds, and the standard deviation of the logarithm. */
  readonly latency: { readonly median: number; readonly sigma: number; readonly canaryFactor: number }
}

export interface StreamLook {
  readonly canaryRequests: number
  readonly baselineRequests: number
  /** In the order of the metrics. */
  readonly looks: readonly Look[]
}

/** A loss is a number of quarters. */
const QUARTERS = 4
/** In bursts, how often a request begins a pause of its arm, and how much longer the requests in it take. */
const PAUSE = { rate: 0.002, slowness: 5 }
const PER_BUCKET = 1 / Math.log(BUCKET_GROWTH)

/** The counts of one rollout, look by look. The same scenario, kind and seed give the same ones. */
export class SimulatedStream {
  readonly #scenario: Scenario
  readonly #draws: Draws
  readonly #weather: () => Weather
  readonly #hasLatency: boolean

  constructor(scenario: Scenario, kind: StreamKind, seed: number) {
    this.#scenario = scenario
    this.#draws = new Draws(seed)
    this.#weather = weatherOf(kind, this.#draws)
    this.#hasLatency = scenario.metrics.some(({ metric }) => metric.kind === 'quantile')
  }

  next(): StreamLook {
    const { canaryRequests, baselineRequests, metrics, latency } = this.#scenario
    const weather = this.#weather()
    const n = this.#draws.poisson(canaryRequests * weather.traffic)
    const m = this.#draws.poisson(baselineRequests * weather.traffic)
    const latencies = this.#hasLatency
      ? {
          canary: this.#latencies(n, latency.canaryFactor * weather.canary.slowness, weather.clump),
          baseline: this.#latencies(m, weather.baseline.slowness, weather.clump),
        }
      : { canary: {}, baseline: {} }
    return {
      canaryRequests: n,
      baselineRequests: m,
      looks: metrics.map(each => this.#look(each, n, m, weather, latencies)),
    }
  }

  #look(
    each: SimulatedMetric,
    n: number,
    m: number,
    { canary, baseline, clump }: Weather,
    latencies: { readonly canary: ArmCounts['latency']; readonly baseline: ArmCounts['latency'] },
  ): Look {
    const { kind } = each.metric
    if (kind === 'quantile') return { kind, ...latencies }
    const found = each as Exclude<SimulatedMetric, { readonly metric: MetricOf<'quantile'> }>
    if (found.metric.kind === 'paired' && 'labelled' in found) {
      const pairs = this.#draws.binomial(n, found.labelled)
      const [lost, won] = [found.onlyBaseline * canary.trouble, found.onlyCanary * baseline.trouble]
      // In the worst weather every pair differs.
      const scale = 1 / Math.max(1, lost + won)
      const onlyBaseline = this.#events(pairs, lost * scale, clump)
      const rest = pairs - onlyBaseline
      const onlyCanary = this.#events(rest, Math.min(1, (won * scale) / (1 - lost * scale)), clump)
      return { kind: 'paired', pairs, onlyBaseline, onlyCanary }
    }
    if (found.metric.kind === 'distribution' && 'baseline' in found) {
      const [ours, theirs] = [found.canary as readonly number[], found.baseline as readonly number[]]
      return {
        kind: 'distribution',
        canary: this.#draws.multinomial(n, ours),
        baseline: this.#draws.multinomial(m, theirs),
      }
    }
    const { canary: ours, baseline: theirs } = found as Extract<SimulatedMetric, { readonly canary: number }>
    if (found.metric.kind === 'mean') {
      return { kind: 'mean', canary: this.#losses(n, ours), baseline: this.#losses(m, theirs) }
    }
    return {
      kind: 'rate',
      canary: { count: this.#events(n, ours * canary.trouble, clump), total: n },
      baseline: { count: this.#events(m, theirs * baseline.trouble, clump), total: m },
    }
  }

  /** Bad events among `total`, in clumps. */
  #events(total: number, rate: number, clump: number): number {
    const starts = this.#draws.binomial(total, Math.min(1, rate / clump))
    if (clump <= 1) return starts
    let events = 0
    for (let i = 0; i < starts; i++) events += this.#draws.geometric(clump)
    return Math.min(total, events)
  }

  #losses(total: number, mean: number) {
    const counts = new Array<number>(QUARTERS + 1).fill(0)
    for (let i = 0; i < total; i++) counts[this.#draws.binomial(QUARTERS, mean)]!++
    return counts.map((count, quarters) => [quarters / QUARTERS, count] as const)
  }

  #latencies(total: number, slowness: number, clump: number): ArmCounts['latency'] {
    const { median, sigma } = this.#scenario.latency
    const usual = Math.log(median * slowness)
    const latency: Record<number, number> = {}
    const paused = clump > 1 ? this.#events(total, PAUSE.rate * clump, clump) : 0
    for (let i = 0; i < total; i++) {
      const log = usual + sigma * this.#draws.normal() + (i < paused ? Math.log(PAUSE.slowness) : 0)
      const bucket = Math.min(MAX_BUCKET, Math.max(0, Math.ceil(log * PER_BUCKET)))
      latency[bucket] = (latency[bucket] ?? 0) + 1
    }
    return latency
  }
}
