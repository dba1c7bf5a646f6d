import type { GatewayReport } from '../../../api/index.ts'
import { Registry } from './registry.ts'
import { Series } from './series.ts'

export type Arm = 'stable' | 'baseline' | 'canary'

/** Steps whose counts are kept: a step's last answers may come after the next one has begun. */
const MAX_ROLLOUT_STEPS = 64
/** A model's versions come and go; the oldest series are forgotten past here. */
const MAX_SERIES = 5000

export interface SeriesName {
  readonly model: string
  readonly environment: string
  readonly version: string
  readonly versionNumber: number
  /** `standby`: asked for by number. */
  readonly arm: Arm | 'standby'
}

interface RolloutStep {
  readonly rollout: string
  readonly step: number
  readonly arms: Map<Arm, Series>
}

/** All that a gateway counts, cumulative since its process started. */
export class Counters {
  /** What else is counted: retries, limits, mirrors. */
  readonly registry: Registry = new Registry()
  readonly #series = new Map<string, SeriesName & { readonly series: Series }>()
  readonly #steps = new Map<string, RolloutStep>()

  series(name: SeriesName): Series {
    const key = `${name.environment}/${name.model}/${name.version}/${name.arm}`
    let entry = this.#series.get(key)
    if (entry === undefined) {
      entry = { ...name, series: new Series() }
      forgetOldest(this.#series, MAX_SERIES)
      this.#series.set(key, entry)
    }
    return entry.series
  }

  rolloutSeries(rollout: string, step: number, arm: Arm): Series {
    const key = `${rollout}/${step}`
    let entry = this.#steps.get(key)
    if (entry === undefined) {
      entry = { rollout, step, arms: new Map() }
      forgetOldest(this.#steps, MAX_ROLLOUT_STEPS)
      this.#steps.set(key, entry)
    }
    let series = entry.arms.get(arm)
    if (series === undefined) {
      series = new Series()
      entry.arms.set(arm, series)
    }
    return series
  }

  all(): Iterable<SeriesName & { readonly series: Series }> {
    return this.#series.values()
  }

  rollouts(): GatewayReport['rollouts'] {
    return [...this.#steps.values()].map(({ rollout, step, arms }) => ({
      rollout,
      step,
      arms: Object.fromEntries([...arms].map(([arm, series]) => [arm, countsOf([series])])),
    }))
  }

  /** By version: its arms together. */
  models(): GatewayReport['models'] {
    const groups = Map.groupBy(
      this.#series.values(),
      each => `${each.environment}/${each.model}/${each.version}`,
    )
    return [...groups.values()].map(group => {
      const { model, environment, version } = group[0]!
      return { model, environment, version, ...countsOf(group.map(each => each.series)) }
    })
  }
}

function countsOf(parts: readonly Series[]): {
  requests: number
  errors: number
  latency: Record<string, number>
} {
  const latency: Record<string, number> = {}
  let [requests, errors] = [0, 0]
  for (const series of parts) {
    requests += series.requests
    errors += series.errors
    for (const [bucket, count] of series.latency()) latency[bucket] = (latency[bucket] ?? 0) + count
  }
  return { requests, errors, latency }
}

function forgetOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size < limit) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
