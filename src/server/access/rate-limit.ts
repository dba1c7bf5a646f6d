import type { Clock, Milliseconds } from '../../core/index.ts'
import { ServerError } from '../errors.ts'

/** Addresses remembered at once; more than this at a time is an attack, and the oldest is forgotten. */
const MAX_KEYS = 10_000

/** A bucket for each key: `burst` tries at once, then one every `every` milliseconds. */
export class RateLimit {
  readonly #clock: Clock
  readonly #burst: number
  readonly #every: Milliseconds
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock, burst: number, every: Milliseconds) {
    this.#clock = clock
    this.#burst = burst
    this.#every = every
  }

  /** Throws RATE_LIMITED when this key has used its tries up. */
  take(key: string): void {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    const tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) / this.#every)
    if (tokens < 1) {
      const wait = Math.ceil(((1 - tokens) * this.#every) / 1000)
      throw new ServerError('RATE_LIMITED', {
        message: 'Too many failed log-ins from this address',
        hint: `Try again in ${wait} s.`,
        details: { retryAfterSeconds: wait },
      })
    }
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: tokens - 1, at: now })
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!)
  }

  /** A success: the tries are given back. */
  forgive(key: string): void {
    this.#buckets.delete(key)
  }
}
