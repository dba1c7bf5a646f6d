import type { Route, RoutingTable } from '../../api/index.ts'
import { standingIn, type Waves } from '../../rollout/index.ts'

/** A route of all gateways, which those of other waves see otherwise. */
export interface WavedRoute extends Route {
  readonly waves?: { readonly waves: Waves; readonly at: number }
}

export interface WavedTable extends Omit<RoutingTable, 'routes'> {
  readonly routes: readonly WavedRoute[]
}

/** The table as the gateways of a region route by it: only those of the wave at work count for its rollout. */
export function tableFor({ routes, ...table }: WavedTable, region: string | undefined): RoutingTable {
  return { ...table, routes: routes.map(route => routeIn(route, region)) }
}

function routeIn({ waves, ...route }: WavedRoute, region: string | undefined): Route {
  if (!waves) return route
  const standing = standingIn(waves, region)
  if (standing === 'now') return route
  const { rollout: _counted, traffic, ...rest } = route
  const stable = route.arms.find(({ arm }) => arm === 'stable')!
  const canary = route.arms.find(({ arm }) => arm === 'canary')
  // Stable stays a way back, for when the lease ends.
  const arms =
    standing === 'done' && canary
      ? [
          { ...stable, weight: 0 },
          { ...canary, weight: 1 },
        ]
      : [{ ...stable, weight: 1 }]
  const { mirror, ...others } = traffic ?? {}
  const kept = mirror?.rollout || mirror?.version === canary?.version ? undefined : mirror
  const left = { ...others, ...(kept && { mirror: kept }) }
  return { ...rest, arms, ...(Object.keys(left).length > 0 && { traffic: left }) }
}
