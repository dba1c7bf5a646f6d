import type { Milliseconds } from '../../../core/index.ts'

/** Failures in a row that open it. */
const IN_A_ROW = 5
/** Or this part of at least so many requests within a window. */
const FAILING_SHARE = 0.5
const LEAST_REQUESTS = 20
const WINDOW_MS: Milliseconds = 10_000
/** Doubles with every time that it opens again, up to the last. */
const FIRST_PAUSE_MS: Milliseconds = 2000
const LAST_PAUSE_MS: Milliseconds = 60_000
/** Closed for so long, it begins with the first pause again. */
const FORGET_MS: Milliseconds = 120_000

/**
 * Keeps requests from a replica that fails: open for a growing time, then half open for one request at a time, whose
 * success closes it. Who asks may go by all the same where too many are open (`idlest`). Times are monotonic.
 */
export class Breaker {
  #inARow = 0
  #windowEnds = Number.NEGATIVE_INFINITY
  #requests = 0
  #failures = 0
  #openings = 0
  #openedAt = Number.NEGATIVE_INFINITY
  /** Undefined while closed. */
  #openUntil: Milliseconds | undefined
  #probing = false

  /** Whether the next request may go to this replica. */
  admits(now: Milliseconds): boolean {
    return this.#openUntil === undefined || (now >= this.#openUntil && !this.#probing)
  }

  get open(): boolean {
    return this.#openUntil !== undefined
  }

  /** A request was sent. Gives whether it is a probe, which `ended` or `gaveUp` must be told. */
  began(now: Milliseconds): boolean {
    if (this.#openUntil === undefined || now < this.#openUntil || this.#probing) return false
    this.#probing = true
    return true
  }

  ended(ok: boolean, probe: boolean, now: Milliseconds): void {
    if (probe) {
      this.#probing = false
      if (ok) this.#close()
      else this.#trip(now)
      return
    }
    this.#count(ok, now)
    if (this.#openUntil !== undefined || ok) return
    const failing = this.#requests >= LEAST_REQUESTS && this.#failures >= this.#requests * FAILING_SHARE
    if (failing || this.#inARow >= IN_A_ROW) this.#trip(now)
  }

  /** A request ended in a way that says nothing of the replica. */
  gaveUp(probe: boolean): void {
    if (probe) this.#probing = false
  }

  #count(ok: boolean, now: Milliseconds): void {
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS
      this.#requests = 0
      this.#failures = 0
    }
    this.#requests++
    if (ok) this.#inARow = 0
    else {
      this.#inARow++
      this.#failures++
    }
  }

  #trip(now: Milliseconds): void {
    if (now - this.#openedAt > FORGET_MS) this.#openings = 0
    this.#openedAt = now
    this.#openUntil = now + Math.min(FIRST_PAUSE_MS * 2 ** this.#openings, LAST_PAUSE_MS)
    this.#openings++
  }

  #close(): void {
    this.#openUntil = undefined
    this.#inARow = 0
    this.#windowEnds = Number.NEGATIVE_INFINITY
  }
}
