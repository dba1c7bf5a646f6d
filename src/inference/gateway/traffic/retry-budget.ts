import type { Milliseconds } from '../../../core/index.ts'

/** Of the requests, this part may be sent a second time. */
const SHARE = 0.2
/** Without much traffic some may be sent again all the same. */
const PER_SECOND = 10
/** As many as wait on a replica when it is lost: none of those fails. */
const MOST = 2000

/** Bounds how much repeating adds to the load of replicas that fail already. Times are monotonic. */
export class RetryBudget {
  #left = MOST
  #at: Milliseconds | undefined

  /** A request came. */
  deposit(): void {
    if (this.#left < MOST) this.#left = Math.min(MOST, this.#left + SHARE)
  }

  /** Whether one may be sent again. */
  take(now: Milliseconds): boolean {
    this.#left = Math.min(MOST, this.#left + ((now - (this.#at ?? now)) / 1000) * PER_SECOND)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
