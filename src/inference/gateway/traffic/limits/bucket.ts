import type { Milliseconds } from '../../../../core/index.ts'

/** A token bucket: `burst` requests at once, and `perSecond` over time. Times are monotonic. */
export class TokenBucket {
  #perSecond: number
  #burst: number
  #level: number
  #at: Milliseconds

  constructor(perSecond: number, burst: number, now: Milliseconds) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#level = burst
    this.#at = now
  }

  get burst(): number {
    return this.#burst
  }

  /** What is in it stays, up to the new burst. */
  resize(perSecond: number, burst: number, now: Milliseconds): void {
    this.#fill(now)
    this.#perSecond = perSecond
    this.#burst = burst
    this.#level = Math.min(this.#level, burst)
  }

  /** Requests that may come now. */
  level(now: Milliseconds): number {
    this.#fill(now)
    return Math.floor(this.#level)
  }

  /** One request less; only where the level is 1 or more. */
  take(): void {
    this.#level -= 1
  }

  /** Until the next request may come; 0 when it may now. */
  wait(now: Milliseconds): Milliseconds {
    this.#fill(now)
    return this.#level >= 1 ? 0 : ((1 - this.#level) / this.#perSecond) * 1000
  }

  /** Seconds until it is full. */
  secondsToFull(): number {
    return Math.ceil((this.#burst - this.#level) / this.#perSecond)
  }

  /** Seconds in which it fills from nothing. */
  get window(): number {
    return Math.max(1, Math.ceil(this.#burst / this.#perSecond))
  }

  #fill(now: Milliseconds): void {
    if (now <= this.#at) return
    this.#level = Math.min(this.#burst, this.#level + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
  }
}
