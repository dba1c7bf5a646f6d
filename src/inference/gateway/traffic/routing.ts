import type { Route, RouteTraffic, RoutingTable } from '../../../api/index.ts'
import type { Link, Pool } from '../pool.ts'
import { type LogRule, logRule } from '../requests/rule.ts'
import type { Arm, Counters } from '../telemetry/counters.ts'
import type { Series } from '../telemetry/series.ts'
import { type Limit, type Limiter, modelKey } from './limits/limiter.ts'
import type { MirrorTarget } from './mirror/mirrors.ts'
import { RetryBudget } from './retry-budget.ts'

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

export type Rule = NonNullable<RouteTraffic['rules']>[number]

export interface RouteTargets {
  readonly project: string
  readonly open: boolean
  /** Whether callers may load and unload the model. */
  readonly control: boolean
  readonly arms: readonly Target[]
  readonly stable: Target | undefined
  /** Arms first, then those that stand by. */
  readonly versions: ReadonlyMap<number, Target>
  readonly sticky: RouteTraffic['sticky']
  readonly rules: readonly Rule[]
  readonly mirror: MirrorTarget | undefined
  /** What is written down of requests. */
  readonly log: LogRule | undefined
  /** Of all callers together. */
  readonly limit: Limit | undefined
  /** The best priority that any caller may ask for. */
  readonly priority: number | undefined
  readonly retries: RetryBudget
}

/** A routing table, ready to be looked up in: what the path of a request needs is found in two steps. */
export interface Routing {
  readonly revision: number
  /** By `environment/model`. */
  readonly routes: ReadonlyMap<string, RouteTargets>
}

/** Makes links for new replicas and lets go of those that no route names any more. */
export function routingOf(
  table: RoutingTable,
  context: { readonly pool: Pool; readonly counters: Counters; readonly limiter: Limiter },
  before?: Routing,
): Routing {
  const { pool } = context
  const routes = new Map<string, RouteTargets>()
  for (const route of table.routes) {
    const key = routeKey(route.environment, route.model)
    const retries = before?.routes.get(key)?.retries ?? new RetryBudget()
    routes.set(key, targetsOf(route, context, retries))
  }
  const links = new Set<Link>()
  for (const { versions, arms, mirror } of routes.values()) {
    for (const target of [...versions.values(), ...arms]) for (const link of target.links) links.add(link)
    for (const link of mirror?.links ?? []) links.add(link)
  }
  pool.keep(links)
  return { revision: table.revision, routes }
}

export function routeKey(environment: string, model: string): string {
  return `${environment}/${model}`
}

function targetsOf(
  route: Route,
  { pool, counters, limiter }: Parameters<typeof routingOf>[1],
  retries: RetryBudget,
): RouteTargets {
  const { model, environment, rollout, traffic } = route
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
  const mirror = traffic?.mirror
  return {
    project: route.project,
    open: route.predictions === 'public',
    control: route.control === true,
    arms,
    stable,
    versions,
    sticky: traffic?.sticky,
    rules: traffic?.rules ?? [],
    mirror: mirror && {
      ...mirror,
      rollout: mirror.rollout,
      links: mirror.replicas.map(({ replica, address }) => pool.link(replica, address)),
    },
    log: traffic?.log && logRule(traffic.log, rollout),
    limit: limiter.limit(modelKey(environment, model)),
    priority: route.limits?.priority,
    retries,
  }
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

/**
 * Where the first matching rule sends a request, of those whose version serves. A rule names no version that does not
 * serve here, and without a lease none of a rollout's.
 */
export function ruledTarget(
  { rules, arms, versions }: RouteTargets,
  head: { header(name: string): string | undefined },
  leased: boolean,
): Target | undefined {
  for (const { header: name, match, to } of rules) {
    const value = head.header(name)
    if (value === undefined || !matches(value, match)) continue
    const target = to.kind === 'arm' ? arms.find(({ arm }) => arm === to.arm) : versions.get(to.versionNumber)
    if (target === undefined) continue
    if (!leased && (target.arm === 'canary' || target.arm === 'baseline')) continue
    return target
  }
  return undefined
}

function matches(value: string, match: Rule['match']): boolean {
  if (match.kind === 'is') return value === match.text
  return match.kind === 'present' || value.startsWith(match.text)
}
