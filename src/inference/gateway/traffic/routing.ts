import type { Route, RoutingTable } from '../../../api/index.ts'
import type { Link, Pool } from '../pool.ts'
import type { Arm, Counters } from '../telemetry/counters.ts'
import type { Series } from '../telemetry/series.ts'

/** A version that answers: where its replicas are, and where its answers are counted. */
export interface Target {
  readonly arm: Arm | 'standby'
  readonly version: string
  readonly versionNumber: number
  readonly weight: number
  readonly links: readonly Link[]
  readonly series: Series
  /** While a rollout progresses. */
  readonly rollout: Series | undefined
}

export interface RouteTargets {
  readonly project: string
  readonly open: boolean
  readonly arms: readonly Target[]
  readonly stable: Target | undefined
  /** Arms first, then those that stand by. */
  readonly versions: ReadonlyMap<number, Target>
}

/** A routing table, ready to be looked up in: what the path of a request needs is found in two steps. */
export interface Routing {
  readonly revision: number
  /** By `environment/model`. */
  readonly routes: ReadonlyMap<string, RouteTargets>
}

/** Makes links for new replicas and lets go of those that no route names any more. */
export function routingOf(table: RoutingTable, pool: Pool, counters: Counters): Routing {
  const routes = new Map<string, RouteTargets>()
  for (const route of table.routes) {
    routes.set(routeKey(route.environment, route.model), targetsOf(route, pool, counters))
  }
  const links = new Set<Link>()
  for (const { versions, arms } of routes.values()) {
    for (const target of [...versions.values(), ...arms]) for (const link of target.links) links.add(link)
  }
  pool.keep(links)
  return { revision: table.revision, routes }
}

export function routeKey(environment: string, model: string): string {
  return `${environment}/${model}`
}

function targetsOf(route: Route, pool: Pool, counters: Counters): RouteTargets {
  const { model, environment, rollout } = route
  const target = (arm: Arm | 'standby', version: Route['standby'][number], weight: number): Target => ({
    arm,
    version: version.version,
    versionNumber: version.versionNumber,
    weight,
    links: version.replicas.map(({ replica, address }) => pool.link(replica, address)),
    series: counters.series({
      model,
      environment,
      version: version.version,
      versionNumber: version.versionNumber,
      arm,
    }),
    rollout:
      rollout === undefined || arm === 'standby'
        ? undefined
        : counters.rolloutSeries(rollout.id, rollout.step, arm),
  })
  const arms = route.arms.map(arm => target(arm.arm, arm, arm.weight))
  const standby = route.standby.map(version => target('standby', version, 0))
  const versions = new Map<number, Target>()
  for (const each of [...arms, ...standby]) {
    if (!versions.has(each.versionNumber)) versions.set(each.versionNumber, each)
  }
  const stable = arms.find(({ arm }) => arm === 'stable')
  return { project: route.project, open: route.predictions === 'public', arms, stable, versions }
}

/**
 * The arm that takes a request. `draw` is uniform in [0, 1): by lot, or the caller's affinity. Canary and baseline
 * lie at the ends, so that a growing weight moves no caller between them. Without a lease all goes to stable.
 *
 *   canary 0.1, baseline 0.1, stable 0.8:   0 … canary … 0.1 … stable … 0.9 … baseline … 1
 */
export function chooseArm({ arms, stable }: RouteTargets, draw: number, leased: boolean): Target | undefined {
  if (!leased && stable !== undefined) return stable
  const canary = arms.find(({ arm }) => arm === 'canary')
  if (canary !== undefined && draw < canary.weight) return canary
  const baseline = arms.find(({ arm }) => arm === 'baseline')
  if (baseline !== undefined && draw >= 1 - baseline.weight) return baseline
  return stable ?? canary ?? baseline
}

/** A caller's key as a number in [0, 1): FNV-1a with a final mix, so that similar keys lie far apart. */
export function affinityOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
