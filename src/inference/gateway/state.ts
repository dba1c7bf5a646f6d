import type { RoutingTable } from '../../api/index.ts'
import { instant } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { Pool } from './pool.ts'
import { Counters } from './telemetry/counters.ts'
import { Access } from './traffic/access.ts'
import {
  chooseArm,
  type RouteTargets,
  type Routing,
  routeKey,
  routingOf,
  type Target,
} from './traffic/routing.ts'

/** What a gateway routes by, at this moment. */
export class GatewayState {
  readonly counters: Counters = new Counters()
  readonly pool: Pool = new Pool()
  readonly #now: () => number
  #routing: Routing | undefined
  #access: Access = new Access([])
  #leaseMs = 0
  /** When the control plane last spoke. A table from disk comes without a word: its lease is over. */
  #heard = Number.NEGATIVE_INFINITY

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Takes effect for every request that chooses its replica from now on. */
  apply(table: RoutingTable): void {
    this.#routing = routingOf(table, this.pool, this.counters)
    this.#access = new Access(table.tokens)
    this.#leaseMs = table.leaseMs
  }

  heard(): void {
    this.#heard = this.#now()
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

  /** Throws UNAUTHENTICATED or FORBIDDEN. */
  allow(route: RouteTargets, authorization: string | undefined): void {
    if (route.open) return
    const refusal = this.#access.refusal(authorization, route.project, instant(Date.now()))
    if (refusal !== undefined) throw refusal
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
    message: `Version ${version} does not serve here; ${[...route.versions.keys()].join(', ') || 'none'} does`,
    hint: 'Leave the version out to reach the one in production.',
  })
}

function notReady(): InferenceError {
  return new InferenceError('NO_REPLICA', {
    message: 'This gateway has no routing table yet',
    hint: 'It waits for its first word from the control plane; try again soon.',
  })
}
