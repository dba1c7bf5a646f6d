import type { Lease, RoutingTable } from '../../api/index.ts'
import { instant } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { Pool } from './pool.ts'
import { Disagreements } from './requests/disagreements.ts'
import type { Giver, Labels } from './requests/labels/labels.ts'
import type { RequestSink } from './requests/request-log.ts'
import { Counters } from './telemetry/counters.ts'
import { Access, type Token } from './traffic/access.ts'
import { type TrafficCounters, trafficFamilies } from './traffic/families.ts'
import { Limiter, type LimitHeaders, tokenKey } from './traffic/limits/limiter.ts'
import { Mirrors } from './traffic/mirror/mirrors.ts'
import {
  chooseArm,
  type RouteTargets,
  type Routing,
  routeKey,
  routingOf,
  type Target,
} from './traffic/routing.ts'
import { WaitingRoom } from './traffic/waiting-room.ts'

/** What a gateway routes by, at this moment. */
export class GatewayState {
  readonly counters: Counters = new Counters()
  readonly pool: Pool = new Pool()
  readonly limiter: Limiter
  readonly mirrors: Mirrors = new Mirrors()
  readonly disagreements: Disagreements = new Disagreements()
  readonly waiting: WaitingRoom = new WaitingRoom()
  /** Takes what is logged of requests. */
  requests: RequestSink | undefined
  /** Takes what is told of requests later. */
  labels: Labels | undefined
  readonly #now: () => number
  readonly #counted: TrafficCounters
  #routing: Routing | undefined
  #access: Access = new Access([])
  #leaseMs = 0
  /** When the control plane last spoke. A table from disk comes without a word: its lease is over. */
  #heard = Number.NEGATIVE_INFINITY

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.limiter = new Limiter(now)
    this.#counted = trafficFamilies(this)
    this.pool.onUp = () => this.waiting.wake()
    this.mirrors.onDiffered = pair => {
      const { environment, model } = pair.request
      this.disagreements.take(pair, this.routes.get(routeKey(environment, model))?.log)
    }
  }

  /** Takes effect for every request that chooses its replica from now on. */
  apply(table: RoutingTable): void {
    this.limiter.apply(table)
    this.#routing = routingOf(table, this, this.#routing)
    this.#access = new Access(table.tokens)
    this.#leaseMs = table.leaseMs
    this.waiting.wake()
  }

  /** The control plane spoke; what it said of other gateways. */
  heard(lease: Lease = {}): void {
    this.#heard = this.#now()
    this.limiter.hear(lease)
  }

  get ready(): boolean {
    return this.#routing !== undefined
  }

  /** 0 before the first table. */
  get revision(): number {
    return this.#routing?.revision ?? 0
  }

  get leased(): boolean {
    return this.#now() - this.#heard <= this.#leaseMs
  }

  /** By `environment/model`. */
  get routes(): Routing['routes'] {
    return this.#routing?.routes ?? new Map()
  }

  /** Throws MODEL_UNKNOWN. */
  route(environment: string, model: string): RouteTargets {
    const route = this.#routing?.routes.get(routeKey(environment, model))
    if (route !== undefined) return route
    if (!this.ready) throw notReady()
    throw new InferenceError('MODEL_UNKNOWN', {
      message: `No model '${model}' is served in the environment '${environment}'`,
      hint: 'Check the name; another environment is asked for with the header Ballast-Environment.',
    })
  }

  /** The token that asks; a route that is open asks for none, and knows one all the same. Throws UNAUTHENTICATED or FORBIDDEN. */
  allow(route: RouteTargets, authorization: string | undefined): Token | undefined {
    if (route.open && authorization === undefined) return undefined
    const token = this.#access.tokenFor(authorization, route.project, instant(Date.now()))
    if (!(token instanceof InferenceError)) return token
    if (route.open) return undefined
    throw token
  }

  /** Who gives feedback: its token counts as one that asks. Throws UNAUTHENTICATED, RATE_LIMITED, QUOTA_EXCEEDED. */
  giver(authorization: string | undefined): Giver {
    const tokens = this.#access.tokens(authorization, instant(Date.now()))
    if (tokens instanceof InferenceError) throw tokens
    const limited = tokens.find(({ limits }) => limits !== undefined)
    if (limited !== undefined) this.limiter.take(this.limiter.limit(tokenKey(limited)), undefined)
    const projects = tokens.flatMap(({ project }) => project ?? [])
    return { by: tokens[0]?.id, projects: projects.length < tokens.length ? undefined : projects }
  }

  /** Takes a request of the token's and the route's limits. Throws RATE_LIMITED, QUOTA_EXCEEDED; counted. */
  limit(
    { environment, model }: { readonly environment: string; readonly model: string },
    token: Token | undefined,
    route: RouteTargets,
  ): LimitHeaders | undefined {
    const own = token?.limits === undefined ? undefined : this.limiter.limit(tokenKey(token))
    try {
      return this.limiter.take(own, route.limit)
    } catch (error) {
      if (error instanceof InferenceError) this.#counted.refusals.add([environment, model, error.code])
      throw error
    }
  }

  /** Whether a request may be sent a second time, by the route's budget; counted. */
  mayRetry(environment: string, model: string, reason: 'lost' | 'full'): boolean {
    const may = this.#routing?.routes.get(routeKey(environment, model))?.retries.take(this.#now()) ?? false
    this.#counted.retries.add([environment, model, may ? reason : 'no budget'])
    return may
  }

  /** The version that takes a request. Throws VERSION_UNKNOWN, NO_REPLICA. */
  choose(route: RouteTargets, version: number | undefined, draw: number): Target {
    if (version !== undefined) return versionOf(route, version)
    const target = chooseArm(route, draw, this.leased)
    if (target !== undefined) return target
    throw new InferenceError('NO_REPLICA', {
      message: 'No version of this model serves at present',
      hint: 'Its first rollout may still be under way; try again soon.',
    })
  }
}

/** Throws VERSION_UNKNOWN. */
export function versionOf(route: RouteTargets, version: number): Target {
  const target = route.versions.get(version)
  if (target !== undefined) return target
  throw new InferenceError('VERSION_UNKNOWN', {
    message: `Version ${version} does not serve here; ${served(route)}`,
    hint: 'Leave the version out to reach the one in production.',
  })
}

function served({ versions }: RouteTargets): string {
  const numbers = [...versions.keys()]
  const last = numbers.pop()
  if (last === undefined) return 'none does'
  return numbers.length === 0 ? `${last} does` : `${numbers.join(', ')} and ${last} do`
}

function notReady(): InferenceError {
  return new InferenceError('NO_REPLICA', {
    message: 'This gateway has no routing table yet',
    hint: 'It waits for its first word from the control plane; try again soon.',
  })
}
