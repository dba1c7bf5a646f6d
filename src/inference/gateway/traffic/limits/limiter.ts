import type { Lease, PredictionLimitsWire, RoutingTable } from '../../../../api/index.ts'
import type { Milliseconds } from '../../../../core/index.ts'
import { InferenceError } from '../../../errors.ts'
import { TokenBucket } from './bucket.ts'
import { type Period, Quotas } from './quotas.ts'

/** The fields RateLimit-Policy and RateLimit of the IETF's draft-ietf-httpapi-ratelimit-headers-10. */
export interface LimitHeaders {
  readonly 'ratelimit-policy': string
  readonly ratelimit: string
}

/** The limits of one token or one route, as they are kept over changes of the table. */
export class Limit {
  readonly key: string
  /** Names it in headers: `token`, `model`. */
  readonly name: string
  limits: PredictionLimitsWire
  bucket: TokenBucket | undefined

  constructor(key: string, name: string, limits: PredictionLimitsWire) {
    this.key = key
    this.name = name
    this.limits = limits
  }
}

/** Rates and quotas of tokens and of routes. */
export class Limiter {
  readonly quotas: Quotas
  readonly #now: () => Milliseconds
  #limits = new Map<string, Limit>()
  /** Each allows its part of a rate. */
  #gateways = 1

  /** `now` is monotonic, `clock` tells the day. */
  constructor(now: () => Milliseconds, clock: () => number = Date.now) {
    this.#now = now
    this.quotas = new Quotas(clock)
  }

  /** Limits of the new table; what was used of those that stay is kept. */
  apply({ tokens, routes }: Pick<RoutingTable, 'tokens' | 'routes'>): void {
    const next = new Map<string, Limit>()
    const keep = (key: string, name: string, limits: PredictionLimitsWire | undefined): void => {
      if (limits?.rate === undefined && limits?.quota === undefined) return
      const limit = this.#limits.get(key) ?? new Limit(key, name, limits)
      limit.limits = limits
      this.#size(limit)
      next.set(key, limit)
    }
    for (const token of tokens) keep(tokenKey(token), 'token', token.limits)
    for (const route of routes) keep(modelKey(route.environment, route.model), 'model', route.limits)
    this.#limits = next
  }

  hear({ gateways, elsewhere }: Lease): void {
    if (elsewhere !== undefined) this.quotas.hear(elsewhere)
    if (gateways === undefined || gateways === this.#gateways) return
    this.#gateways = gateways
    for (const limit of this.#limits.values()) this.#size(limit)
  }

  limit(key: string): Limit | undefined {
    return this.#limits.get(key)
  }

  /**
   * Takes one request of both, or of neither. Gives the headers that tell what is left; undefined where nothing is
   * limited. Throws RATE_LIMITED, QUOTA_EXCEEDED.
   */
  take(token: Limit | undefined, route: Limit | undefined): LimitHeaders | undefined {
    if (token === undefined && route === undefined) return undefined
    const now = this.#now()
    if (token !== undefined) this.#check(token, now)
    if (route !== undefined) this.#check(route, now)
    if (token !== undefined) this.#count(token)
    if (route !== undefined) this.#count(route)
    return this.#headers(token, route, now)
  }

  #size(limit: Limit): void {
    const { rate } = limit.limits
    if (rate === undefined) {
      limit.bucket = undefined
      return
    }
    const perSecond = rate.perSecond / this.#gateways
    const burst = Math.max(1, Math.floor(rate.burst / this.#gateways))
    if (limit.bucket === undefined) limit.bucket = new TokenBucket(perSecond, burst, this.#now())
    else limit.bucket.resize(perSecond, burst, this.#now())
  }

  #check(limit: Limit, now: Milliseconds): void {
    const { quota } = limit.limits
    if (quota !== undefined && this.quotas.left(limit.key, quota.requests, quota.per) === 0) {
      throw exceeded(limit, quota, this.quotas.reset(quota.per), this.#headers(limit, undefined, now))
    }
    const wait = limit.bucket?.wait(now) ?? 0
    if (wait > 0) throw limited(limit, wait, this.#headers(limit, undefined, now))
  }

  #count(limit: Limit): void {
    limit.bucket?.take()
    const { quota } = limit.limits
    if (quota !== undefined) this.quotas.take(limit.key, quota.per)
  }

  #headers(a: Limit | undefined, b: Limit | undefined, now: Milliseconds): LimitHeaders {
    let [policy, left] = ['', '']
    for (const limit of [a, b]) {
      if (limit === undefined) continue
      const { bucket, name, key } = limit
      const { quota } = limit.limits
      if (bucket !== undefined) {
        policy += `, "${name}";q=${bucket.burst};w=${bucket.window}`
        left += `, "${name}";r=${bucket.level(now)};t=${bucket.secondsToFull()}`
      }
      if (quota !== undefined) {
        policy += `, "${name}-quota";q=${quota.requests};w=${quota.per === 'day' ? 86_400 : 2_592_000}`
        left += `, "${name}-quota";r=${this.quotas.left(key, quota.requests, quota.per)};t=${this.quotas.reset(quota.per)}`
      }
    }
    return { 'ratelimit-policy': policy.slice(2), ratelimit: left.slice(2) }
  }
}

/** A table of before tokens had ids names them by their hash. */
export function tokenKey({ id, hash }: { readonly id?: string | undefined; readonly hash: string }): string {
  return `token/${id ?? hash}`
}

export function modelKey(environment: string, model: string): string {
  return `route/${environment}/${model}`
}

const WHOSE: Readonly<Record<string, string>> = { token: 'This token', model: 'This model' }

function limited(limit: Limit, waitMs: Milliseconds, headers: LimitHeaders): InferenceError {
  const { rate } = limit.limits
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new InferenceError('RATE_LIMITED', {
    message: `${WHOSE[limit.name]} may be asked ${Number(rate!.perSecond.toPrecision(3))} times a second, ${rate!.burst} times at once`,
    hint: `Try again in ${seconds} s, and more slowly.`,
    details: { headers: { ...headers, 'retry-after': String(seconds) } },
  })
}

function exceeded(
  limit: Limit,
  { requests, per }: { readonly requests: number; readonly per: Period },
  seconds: number,
  headers: LimitHeaders,
): InferenceError {
  return new InferenceError('QUOTA_EXCEEDED', {
    message: `${WHOSE[limit.name]} has used its ${requests} requests of this ${per}`,
    hint: `The next ${per} begins in ${seconds} s (UTC).`,
    details: { headers: { ...headers, 'retry-after': String(seconds) } },
  })
}
