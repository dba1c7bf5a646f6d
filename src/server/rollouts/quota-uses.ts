import type { QuotaUse } from '../../api/index.ts'

/** More names of gateways than one installation ever has; the longest unheard is forgotten. */
const MAX_GATEWAYS = 1000

interface Use {
  readonly window: string
  /** The most that was reported: a gateway that lost its disk used it all the same. */
  readonly most: number
  readonly last: number
}

/**
 * What each gateway used of quotas, by its own reports. In memory: a server that was started again knows it after the
 * next reports, some seconds later, but for gateways that have gone since.
 */
export class QuotaUses {
  readonly #byGateway = new Map<string, Map<string, Use>>()

  report(gateway: string, uses: readonly QuotaUse[]): void {
    const before = this.#byGateway.get(gateway)
    const next = new Map<string, Use>(before)
    for (const { key, window, used } of uses) {
      const known = before?.get(key)
      const most = known?.window === window ? Math.max(known.most, used) : used
      next.set(key, { window, most, last: used })
    }
    for (const [key, use] of next) if (isOver(use, uses)) next.delete(key)
    this.#byGateway.delete(gateway)
    this.#byGateway.set(gateway, next)
    if (this.#byGateway.size > MAX_GATEWAYS) this.#byGateway.delete(this.#byGateway.keys().next().value!)
  }

  /** What a gateway must count beside its own use. */
  elsewhere(gateway: string): QuotaUse[] {
    const sums = new Map<string, QuotaUse>()
    for (const [other, uses] of this.#byGateway) {
      for (const [key, { window, most, last }] of uses) {
        const used = other === gateway ? most - last : most
        const sum = sums.get(`${key} ${window}`)?.used ?? 0
        if (sum + used > 0) sums.set(`${key} ${window}`, { key, window, used: sum + used })
      }
    }
    return [...sums.values()]
  }
}

/** A window has ended when the same gateway reports a later one of its kind. */
function isOver({ window }: Use, uses: readonly QuotaUse[]): boolean {
  return uses.some(use => use.window.length === window.length && use.window > window)
}
