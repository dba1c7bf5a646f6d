import type { GatewayReport, Lease } from '../../api/index.ts'
import { type Instant, type Milliseconds, Signal } from '../../core/index.ts'
import { QuotaUses } from './quota-uses.ts'

/** Gateways report at least every few seconds; one silent for longer is gone, and nobody waits for it. */
const GONE_MS: Milliseconds = 10_000
/** A person who rolls back waits at most this long for the gateways' word. */
const LONGEST_WAIT_MS: Milliseconds = 2_000

/** By which table each gateway process routes, by its own reports. */
export class Gateways {
  readonly #revisions = new Map<
    string,
    { readonly gateway: string; readonly revision: number; readonly at: Instant }
  >()
  readonly #quotas = new QuotaUses()
  readonly #news = new Signal<void>()

  report(
    {
      gateway,
      epoch,
      revision,
      quotas = [],
    }: Pick<GatewayReport, 'gateway' | 'epoch' | 'revision' | 'quotas'>,
    now: Instant,
  ): void {
    this.#revisions.set(epoch, { gateway, revision, at: now })
    this.#quotas.report(gateway, quotas)
    for (const [other, { at }] of this.#revisions) if (now - at > GONE_MS) this.#revisions.delete(other)
    this.#news.emit()
  }

  /** None has spoken yet since this server began: what was counted meanwhile is not known. */
  get unknown(): boolean {
    return this.#revisions.size === 0
  }

  /** What a gateway must know of the others. One that names itself not gets its part of rates, and counts alone. */
  lease(gateway: string | undefined, now: Instant): Lease {
    const alive = [...this.#revisions.values()].filter(({ at }) => now - at <= GONE_MS)
    const gateways = Math.max(1, new Set(alive.map(({ gateway }) => gateway)).size)
    if (gateway === undefined) return { gateways }
    const elsewhere = this.#quotas.elsewhere(gateway)
    return { gateways, ...(elsewhere.length > 0 && { elsewhere }) }
  }

  /** Resolves with true when every gateway routes by `revision` or later; with false when one takes too long. */
  caughtUp(revision: number): Promise<boolean> {
    const behind = () => [...this.#revisions.values()].some(gateway => gateway.revision < revision)
    if (!behind()) return Promise.resolve(true)
    return new Promise(resolve => {
      const end = (all: boolean) => {
        clearTimeout(timer)
        off()
        resolve(all)
      }
      const timer = setTimeout(() => end(false), LONGEST_WAIT_MS)
      const off = this.#news.on(() => {
        if (!behind()) end(true)
      })
    })
  }
}
