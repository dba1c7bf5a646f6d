import type { Route, RoutingTable } from '../../api/index.ts'
import type { VersionId } from '../../core/index.ts'
import { type Deployment, type StoredRollout, trafficOf } from '../../rollout/index.ts'
import { baselineReplica, mainReplica } from './wanted.ts'

/** A gateway that hears nothing for this long takes canaries back to stable by itself. */
export const ROUTE_LEASE_MS = 10_000

type Replicas = Route['standby'][number]['replicas']

/** What a route is made of. */
export interface RouteFacts {
  readonly deployment: Deployment
  readonly rollout?: StoredRollout
  readonly predictions: 'token' | 'public'
  readonly numberOf: (version: VersionId) => number
  readonly readyReplicas: (replica: string) => Replicas
}

/**
 * The route of one model in one environment: all to stable, or shared by the rollout's weights. An arm of
 * which no replica is ready is left out and its share goes to stable, so the weights always sum to 1.
 */
export function routeOf({ deployment, rollout, predictions, numberOf, readyReplicas }: RouteFacts): Route {
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
  return {
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
    ...(moving && { rollout: { id: moving.id, step: moving.step } }),
  }
}

/** Whether two tables route alike: their revision aside. */
export function sameTable(a: RoutingTable, b: Omit<RoutingTable, 'revision'>): boolean {
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 })
}
