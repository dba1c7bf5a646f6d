import type { IndexEntry } from '../../protocols/index.ts'
import { idlest } from '../pool.ts'
import { type GatewayState, versionOf } from '../state.ts'
import type { RouteTargets, Target } from '../traffic/routing.ts'
import { environmentOf, type Header } from './request.ts'

export interface ListedModel {
  readonly environment: string
  readonly model: string
  readonly route: RouteTargets
}

/** What of the served models a caller may know. */
export class Catalog {
  readonly #state: GatewayState

  constructor(state: GatewayState) {
    this.#state = state
  }

  /** A model that the caller may use. Throws MODEL_UNKNOWN, UNAUTHENTICATED, FORBIDDEN. */
  allowed(header: Header, model: string): RouteTargets {
    const route = this.#state.route(environmentOf(header), model)
    this.#state.allow(route, header('authorization'))
    return route
  }

  /** Whether a request would find a replica at once: told to everyone. Throws MODEL_UNKNOWN, VERSION_UNKNOWN. */
  ready(header: Header, model: string, version: number | undefined): boolean {
    const route = this.#state.route(environmentOf(header), model)
    const targets = version === undefined ? route.arms : [versionOf(route, version)]
    return targets.some(isReady)
  }

  /** Models that the caller may use, of all environments unless a header names one. */
  list(header: Header): readonly ListedModel[] {
    const named = header('ballast-environment') === undefined ? undefined : environmentOf(header)
    const models: ListedModel[] = []
    for (const [key, route] of this.#state.routes) {
      const slash = key.indexOf('/')
      const environment = key.slice(0, slash)
      if (named !== undefined && named !== environment) continue
      if (this.#allows(route, header)) models.push({ environment, model: key.slice(slash + 1), route })
    }
    return models.sort(byName)
  }

  /** Triton's repository index of the environment that is asked for. */
  index(header: Header, onlyReady: boolean): readonly IndexEntry[] {
    const environment = environmentOf(header)
    return this.list(header)
      .filter(each => each.environment === environment)
      .flatMap(({ model, route }) => [...route.versions.values()].map(target => entryOf(model, target)))
      .filter(({ state }) => !onlyReady || state === 'READY')
  }

  #allows(route: RouteTargets, header: Header): boolean {
    try {
      this.#state.allow(route, header('authorization'))
      return true
    } catch {
      return false
    }
  }
}

export function isReady({ links }: Target): boolean {
  return idlest(links) !== undefined
}

function entryOf(name: string, target: Target): IndexEntry {
  const ready = isReady(target)
  return {
    name,
    version: String(target.versionNumber),
    state: ready ? 'READY' : 'UNAVAILABLE',
    reason: ready ? '' : 'no replica can be reached',
  }
}

function byName(a: ListedModel, b: ListedModel): number {
  if (a.environment !== b.environment) return a.environment < b.environment ? -1 : 1
  return a.model < b.model ? -1 : 1
}
