import type { GatewayReport } from '../../../../api/index.ts'
import { Series } from '../../telemetry/series.ts'

/** Pairs of versions that are counted; the oldest are forgotten past here. */
const MAX_PAIRS = 500

type MirrorCounts = NonNullable<GatewayReport['mirrors']>[number]
type Counts = { -readonly [Name in keyof Omit<MirrorCounts, 'latency'>]: MirrorCounts[Name] }

/** What is counted of one pair of versions, cumulative. */
export interface Agreement extends Counts {
  /** Of the mirror. */
  readonly series: Series
}

export class Agreements {
  readonly #agreements = new Map<string, Agreement>()

  of(environment: string, model: string, primary: string, mirror: string): Agreement {
    const key = `${environment}/${model}/${primary}/${mirror}`
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
        pairs: 0,
        identical: 0,
        agreed: 0,
        compared: 0,
        primaryErrors: 0,
        mirrorErrors: 0,
        dropped: 0,
        series: new Series(),
      }
      this.#agreements.set(key, agreement)
    }
    return agreement
  }

  report(): MirrorCounts[] {
    return [...this.#agreements.values()].map(({ series, ...counts }) => ({
      ...counts,
      latency: Object.fromEntries([...series.latency()].map(([bucket, count]) => [String(bucket), count])),
    }))
  }
}
