import { type Instant, type Milliseconds, Signal } from '../../core/index.ts'

/** Gateways report at least every few seconds; one silent for longer is gone, and nobody waits for it. */
const GONE_MS: Milliseconds = 10_000
/** A person who rolls back waits at most this long for the gateways' word. */
const LONGEST_WAIT_MS: Milliseconds = 2_000

/** By which table each gateway process routes, by its own reports. */
export class Gateways {
  readonly #revisions = new Map<string, { readonly revision: number; readonly at: Instant }>()
  readonly #news = new Signal<void>()

  report(epoch: string, revision: number, now: Instant): void {
    this.#revisions.set(epoch, { revision, at: now })
    for (const [other, { at }] of this.#revisions) if (now - at > GONE_MS) this.#revisions.delete(other)
    this.#news.emit()
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
