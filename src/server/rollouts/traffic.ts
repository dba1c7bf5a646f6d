import type { GatewayReport } from '../../api/index.ts'
import type { Instant, Milliseconds } from '../../core/index.ts'

/** Rates are over this much of the past. */
const WINDOW_MS: Milliseconds = 10_000

interface Sample {
  readonly at: Instant
  readonly requests: number
  readonly errors: number
  readonly latency: Readonly<Record<string, number>>
}

export interface TrafficFigures {
  readonly requestsPerSecond: number
  readonly errorRate: number | null
  /** Sparse histogram of the window, by latency bucket. */
  readonly latency: ReadonlyMap<number, number>
  readonly requests: number
}

/** Rates of each version's traffic, from the cumulative counts that gateways report. In memory: figures to look at, not evidence. */
export class TrafficMeter {
  /** By gateway process, model, environment and version; oldest first. */
  readonly #samples = new Map<
    string,
    {
      readonly model: string
      readonly environment: string
      readonly version: string
      readonly samples: Sample[]
    }
  >()

  add(report: GatewayReport, now: Instant): void {
    for (const { model, environment, version, requests, errors, latency } of report.models) {
      const key = `${report.epoch} ${environment} ${model} ${version}`
      const entry = this.#samples.get(key) ?? {
        model,
        environment,
        version,
        samples: [{ at: now, requests: 0, errors: 0, latency: {} }],
      }
      entry.samples.push({ at: now, requests, errors, latency })
      while (entry.samples.length > 2 && entry.samples[1]!.at <= now - WINDOW_MS) entry.samples.shift()
      this.#samples.set(key, entry)
    }
  }

  figures(model: string, environment: string, now: Instant, version?: string): TrafficFigures {
    let requests = 0
    let errors = 0
    let span = 0
    const latency = new Map<number, number>()
    for (const [key, entry] of this.#samples) {
      if (
        entry.model !== model ||
        entry.environment !== environment ||
        (version !== undefined && entry.version !== version)
      )
        continue
      const last = entry.samples.at(-1)!
      if (last.at <= now - WINDOW_MS) {
        if (last.at <= now - 60 * WINDOW_MS) this.#samples.delete(key)
        continue
      }
      const first = entry.samples[0]!
      requests += last.requests - first.requests
      errors += last.errors - first.errors
      span = Math.max(span, Math.min(WINDOW_MS, now - first.at))
      for (const [bucket, count] of Object.entries(last.latency)) {
        const more = count - (first.latency[bucket] ?? 0)
        if (more > 0) latency.set(Number(bucket), (latency.get(Number(bucket)) ?? 0) + more)
      }
    }
    return {
      requestsPerSecond: span > 0 ? (requests * 1000) / Math.max(span, 1000) : 0,
      errorRate: requests > 0 ? errors / requests : null,
      latency,
      requests,
    }
  }
}
