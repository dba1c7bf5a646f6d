import type { ArmCounts } from '../../rollout/index.ts'

/** A few gateways, steps and arms for each rollout on its way; the oldest are forgotten. */
const MAX_KEPT = 10_000

/** Tells a gateway's newest counts from a report that was overtaken on its way. */
export class LatestCounts {
  readonly #requests = new Map<string, number>()

  /** Counts are cumulative: fewer requests than were told before are older news. */
  isNewer(counter: readonly (string | number)[], { requests }: Pick<ArmCounts, 'requests'>): boolean {
    const key = counter.join(' ')
    const before = this.#requests.get(key) ?? 0
    if (requests < before) return false
    this.#requests.delete(key)
    this.#requests.set(key, requests)
    if (this.#requests.size > MAX_KEPT) this.#requests.delete(this.#requests.keys().next().value!)
    return true
  }
}
