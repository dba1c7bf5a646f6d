import type { GatewayReport } from '../../../../api/index.ts'
import { Series } from '../../telemetry/series.ts'

/** Pairs of versions that are counted; the oldest are forgotten past here. */
const MAX_PAIRS = 500

type MirrorCounts = NonNullable<GatewayReport['mirrors']>[number]
type Counted = Omit<MirrorCounts, 'latency' | 'primaryLatency'>
type Counts = { -readonly [Name in keyof Counted]: Counted[Name] }
type Named = Pick<MirrorCounts, 'environment' | 'model' | 'primary' | 'mirror' | 'rollout'>

/** What is counted of one pair of versions, in one step where a rollout asks for it; cumulative. */
export interface Agreement extends Counts {
  /** Of the mirror. */
  readonly series: Series
  /** Of the primary, of the same requests: for a rollout. */
  readonly primarySeries: Series | undefined
}

export class Agreements {
  readonly #agreements = new Map<string, Agreement>()

  of({ environment, model, primary, mirror, rollout }: Named): Agreement {
    const step = rollout === undefined ? '' : `/${rollout.id}/${rollout.step}`
    const key = `${environment}/${model}/${primary}/${mirror}${step}`
    let agreement = this.#agreements.get(key)
    if (agreement === undefined) {
      if (this.#agreements.size >= MAX_PAIRS) {
        this.#agreements.delete(this.#agreements.keys().next().value!)
      }
      agreement = {
        model,
        environment,
        primary,
        mirror,
        ...(rollout && { rollout }),
        pairs: 0,
        identical: 0,
        agreed: 0,
        compared: 0,
        primaryErrors: 0,
        mirrorErrors: 0,
        dropped: 0,
        series: new Series(),
        primarySeries: rollout && new Series(),
      }
      this.#agreements.set(key, agreement)
    }
    return agreement
  }

  report(): MirrorCounts[] {
    return [...this.#agreements.values()].map(({ series, primarySeries, ...counts }) => ({
      ...counts,
      ...(primarySeries && { primaryLatency: latencyOf(primarySeries) }),
      latency: latencyOf(series),
    }))
  }

  /** By versions alone, whoever asked for the mirror. */
  *totals(): Iterable<Counted> {
    const groups = Map.groupBy(
      this.#agreements.values(),
      ({ environment, model, primary, mirror }) => `${environment}/${model}/${primary}/${mirror}`,
    )
    for (const group of groups.values()) {
      const sum = (name: (typeof COUNTS)[number]) => group.reduce((total, each) => total + each[name], 0)
      const { environment, model, primary, mirror } = group[0]!
      const counts = Object.fromEntries(COUNTS.map(name => [name, sum(name)]))
      yield { environment, model, primary, mirror, ...(counts as Pick<Counted, (typeof COUNTS)[number]>) }
    }
  }
}

const COUNTS = [
  'pairs',
  'identical',
  'agreed',
  'compared',
  'primaryErrors',
  'mirrorErrors',
  'dropped',
] as const

function latencyOf(series: Series): MirrorCounts['latency'] {
  return Object.fromEntries([...series.latency()].map(([bucket, count]) => [String(bucket), count]))
}
