import type { PredictionLimits } from '../../access/index.ts'
import type { Route, RouteTraffic } from '../../api/index.ts'
import type { VersionId } from '../../core/index.ts'
import {
  CALLER_GROUPS,
  type Deployment,
  type StoredRollout,
  shadowOf,
  type TrafficPlan,
  type TrafficTarget,
  trafficOf,
  waveOf,
} from '../../rollout/index.ts'
import type { WavedRoute, WavedTable } from './regions.ts'
import { baselineReplica, mainReplica } from './wanted.ts'

/** A gateway that hears nothing for this long takes canaries back to stable by itself. */
export const ROUTE_LEASE_MS = 10_000

type Replicas = Route['standby'][number]['replicas']

/** What a route is made of. */
export interface RouteFacts {
  readonly deployment: Deployment
  readonly rollout?: StoredRollout
  readonly predictions: 'token' | 'public'
  readonly limits?: PredictionLimits
  readonly numberOf: (version: VersionId) => number
  readonly readyReplicas: (replica: string) => Replicas
}

/**
 * The route of one model in one environment: all to stable, or shared by the rollout's weights. An arm of
 * which no replica is ready is left out and its share goes to stable, so the weights always sum to 1.
 */
export function routeOf(facts: RouteFacts): WavedRoute {
  const { rollout } = facts
  const waves = rollout && waveOf(rollout)
  const route = wholeRouteOf(facts)
  return waves && route.rollout ? { ...route, waves } : route
}

function wholeRouteOf(facts: RouteFacts): Route {
  const { deployment, rollout, predictions, limits, numberOf, readyReplicas } = facts
  const { model, environment, project, stable, previous } = deployment
  const arm = (
    name: 'stable' | 'baseline' | 'canary',
    version: VersionId,
    weight: number,
    replica: string,
  ) => ({
    arm: name,
    version,
    versionNumber: numberOf(version),
    weight,
    replicas: [...readyReplicas(replica)],
  })
  const moving = rollout?.phase === 'progressing' && rollout.stable === stable ? rollout : undefined
  const shares = moving ? trafficOf(moving) : { stable: 1, baseline: 0, canary: 0 }
  const side = moving
    ? [
        arm('baseline', stable, shares.baseline, baselineReplica(moving)),
        arm('canary', moving.candidate, shares.canary, mainReplica(environment, moving.candidate)),
      ].filter(({ weight, replicas }) => weight > 0 && replicas.length > 0)
    : []
  const rest = 1 - side.reduce((sum, { weight }) => sum + weight, 0)
  const route: Route = {
    model,
    environment,
    project,
    predictions,
    arms: [arm('stable', stable, Math.max(0, rest), mainReplica(environment, stable)), ...side],
    standby: previous
      ? [
          {
            version: previous,
            versionNumber: numberOf(previous),
            replicas: [...readyReplicas(mainReplica(environment, previous))],
          },
        ]
      : [],
    ...(moving && { rollout: countedAs(moving) }),
    ...(limits && { limits }),
  }
  // While it takes traffic, the candidate's file says how; once it has ended, that of what is stable.
  const plan = moving?.traffic ?? deployment.traffic
  const traffic = plan && planned(plan, route)
  const shadow = moving && shadowMirror(moving, facts, plan)
  return traffic || shadow ? { ...route, traffic: { ...traffic, ...(shadow && { mirror: shadow }) } } : route
}

/** What a shadow step mirrors, in place of a mirror that the file asks for: one at a time. */
function shadowMirror(
  moving: StoredRollout,
  { numberOf, readyReplicas }: RouteFacts,
  plan: TrafficPlan | undefined,
): RouteTraffic['mirror'] {
  const share = shadowOf(moving)
  if (share === undefined) return undefined
  const { id, step, environment, candidate } = moving
  return {
    version: candidate,
    versionNumber: numberOf(candidate),
    share,
    keep: plan?.mirror?.keep ?? 'digests',
    replicas: [...readyReplicas(mainReplica(environment, candidate))],
    rollout: { id, step },
  }
}

/** By what gateways count it: feedback of an A/B by groups of callers too. */
function countedAs({ id, step, strategy }: StoredRollout): NonNullable<Route['rollout']> {
  return { id, step, ...(strategy.kind === 'ab' && { groups: CALLER_GROUPS }) }
}

/** A plan with the versions that serve now: what names another waits for it. */
function planned({ sticky, rules = [], mirror, log }: TrafficPlan, route: Route): RouteTraffic | undefined {
  const served = rules.flatMap(({ header, match, to }) => {
    const target = ruleTarget(to, route)
    return target ? [{ header, match, to: target }] : []
  })
  const mirrored = mirror && mirrorTarget(mirror.to, route)
  if (!sticky && served.length === 0 && !mirrored && !log) return undefined
  return {
    ...(sticky && { sticky }),
    ...(served.length > 0 && { rules: served }),
    ...(mirror && mirrored && { mirror: { ...mirrored, share: mirror.share, keep: mirror.keep } }),
    ...(log && { log: { ...log, redact: [...log.redact] } }),
  }
}

type Target = NonNullable<RouteTraffic['rules']>[number]['to']

function ruleTarget(to: TrafficTarget, { standby }: Route): Target | undefined {
  if (typeof to === 'number') return { kind: 'version', versionNumber: to }
  if (to !== 'previous') return { kind: 'arm', arm: to }
  return standby[0] && { kind: 'version', versionNumber: standby[0].versionNumber }
}

function mirrorTarget(
  to: 'canary' | 'previous' | number,
  { arms, standby }: Route,
): Pick<NonNullable<RouteTraffic['mirror']>, 'version' | 'versionNumber' | 'replicas'> | undefined {
  const found =
    to === 'canary'
      ? arms.find(({ arm }) => arm === 'canary')
      : to === 'previous'
        ? standby[0]
        : [...arms, ...standby].find(({ versionNumber }) => versionNumber === to)
  return found && { version: found.version, versionNumber: found.versionNumber, replicas: found.replicas }
}

/** Whether two tables route alike: their revision aside. */
export function sameTable(a: WavedTable, b: Omit<WavedTable, 'revision'>): boolean {
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 })
}
