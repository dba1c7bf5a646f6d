import { expect, test } from 'vitest'
import { type Route, routingTableSchema } from '../../api/index.ts'
import { instant, type ProjectId, type RolloutId, type VersionId } from '../../core/index.ts'
import type { Deployment, StoredRollout, TrafficPlan } from '../../rollout/index.ts'
import { routeOf } from './table.ts'

const NUMBERS: Readonly<Record<string, number>> = { old: 1, now: 2, next: 3 }
const deployment: Deployment = {
  project: 'prj' as ProjectId,
  model: 'digits',
  environment: 'production',
  stable: 'now' as VersionId,
  previous: 'old' as VersionId,
  since: instant(0),
}
const rollout: StoredRollout = {
  id: 'rol' as RolloutId,
  project: 'prj' as ProjectId,
  model: 'digits',
  environment: 'production',
  candidate: 'next' as VersionId,
  stable: 'now' as VersionId,
  strategy: {
    kind: 'canary',
    steps: [{ weight: 0.1, hold: 0 }],
    analysis: { errorMargin: 0, latencyMargin: 0, latencyQuantile: 0.95, confidence: 0.95, minRequests: 1 },
  },
  phase: 'progressing',
  step: 0,
  weight: 0.1,
  createdAt: instant(0),
  stepStartedAt: instant(0),
  by: 'ada',
  revision: 1,
}

function routeFor(moving: StoredRollout | undefined, plan?: TrafficPlan): Route {
  return routeOf({
    deployment: { ...deployment, ...(plan && { traffic: plan }) },
    ...(moving && { rollout: moving }),
    predictions: 'token',
    numberOf: version => NUMBERS[version]!,
    readyReplicas: replica => [{ replica, address: { kind: 'unix', path: `/${replica}` } }],
  })
}

function aRoute(plan: TrafficPlan | undefined, moving?: TrafficPlan | 'none'): Route {
  const rolling = moving && { ...rollout, ...(moving !== 'none' && { traffic: moving }) }
  const route = routeFor(rolling, plan)
  return routingTableSchema.parse({ revision: 1, leaseMs: 1, routes: [route], tokens: [] }).routes[0]!
}

const rule = (
  to: NonNullable<TrafficPlan['rules']>[number]['to'],
): NonNullable<TrafficPlan['rules']>[number] => ({
  header: 'x',
  match: { kind: 'present' },
  to,
})

test('without a plan a route says nothing of traffic', () => {
  expect(aRoute(undefined)).not.toHaveProperty('traffic')
  expect(aRoute({ mirror: { to: 'canary', share: 1, keep: 'digests' } })).not.toHaveProperty('traffic')
})

test('rules are told by arm, and the version before by its number', () => {
  const { traffic } = aRoute({ rules: [rule('canary'), rule('previous'), rule(12)] })
  expect(traffic?.rules?.map(({ to }) => to)).toEqual([
    { kind: 'arm', arm: 'canary' },
    { kind: 'version', versionNumber: 1 },
    { kind: 'version', versionNumber: 12 },
  ])
})

test('a mirror has the replicas of its version while that serves', () => {
  const plan = (to: 'canary' | 'previous' | number): TrafficPlan => ({
    mirror: { to, share: 0.5, keep: 'answers' },
  })
  expect(aRoute(plan('previous')).traffic?.mirror).toEqual({
    version: 'old',
    versionNumber: 1,
    share: 0.5,
    keep: 'answers',
    replicas: [{ replica: 'production.old', address: { kind: 'unix', path: '/production.old' } }],
  })
  expect(aRoute(plan('canary'), 'none').traffic?.mirror).toMatchObject({ version: 'next', versionNumber: 3 })
  expect(aRoute(plan(3), 'none').traffic?.mirror).toMatchObject({ version: 'next' })
  expect(aRoute(plan(3)).traffic?.mirror).toBeUndefined()
})

test('a shadow step mirrors to the candidate, which no rule and no number reaches', () => {
  const { strategy } = rollout
  if (strategy.kind !== 'canary') throw new TypeError('no canary')
  const steps = [{ weight: 0, hold: 0, shadow: 0.2 }, ...strategy.steps]
  const shadowed = { ...rollout, strategy: { ...strategy, steps }, weight: 0 }
  const plan: TrafficPlan = {
    rules: [rule('canary'), rule(3)],
    mirror: { to: 'previous', share: 0.5, keep: 'answers' },
  }
  const at = (moving: StoredRollout) =>
    routingTableSchema.parse({ revision: 1, leaseMs: 1, routes: [routeFor(moving)], tokens: [] }).routes[0]!
  const route = at({ ...shadowed, traffic: plan })
  expect(route.arms.map(({ arm, weight }) => [arm, weight])).toEqual([['stable', 1]])
  expect(route.standby.map(({ versionNumber }) => versionNumber)).toEqual([1])
  expect(route.rollout).toEqual({ id: 'rol', step: 0 })
  expect(route.traffic?.mirror).toEqual({
    version: 'next',
    versionNumber: 3,
    share: 0.2,
    keep: 'answers',
    replicas: [{ replica: 'production.next', address: { kind: 'unix', path: '/production.next' } }],
    rollout: { id: 'rol', step: 0 },
  })
  expect(at(shadowed).traffic).toMatchObject({ mirror: { keep: 'digests' } })
  // The next step has the mirror of the file again.
  const next = at({ ...shadowed, traffic: plan, step: 1, weight: 0.1 })
  expect(next.traffic?.mirror).toMatchObject({ version: 'old', share: 0.5 })
  expect(at({ ...shadowed, phase: 'aborted' })).not.toHaveProperty('traffic')
})

test("a candidate's file holds while it takes traffic, and that of stable otherwise", () => {
  const sticky = (name: string): TrafficPlan => ({ sticky: { kind: 'header', name } })
  expect(aRoute(sticky('old')).traffic?.sticky).toMatchObject({ name: 'old' })
  expect(aRoute(sticky('old'), sticky('new')).traffic?.sticky).toMatchObject({ name: 'new' })
  expect(aRoute(sticky('old'), 'none').traffic?.sticky).toMatchObject({ name: 'old' })
})

test('a table of before has no word of traffic or limits, and is read', () => {
  const route = aRoute(undefined)
  const before = {
    revision: 1,
    leaseMs: 1000,
    routes: [{ ...route }],
    tokens: [{ hash: 'h', project: 'p', expiresAt: 5 }],
  }
  expect(routingTableSchema.parse(JSON.parse(JSON.stringify(before)))).toEqual(before)
})

test('a log goes with the route, alone or beside the rest', () => {
  const log = { share: 0.1, redact: ['user.email'], bodies: false, keepMs: 1000, limitBytes: 1e9 }
  expect(aRoute({ log }).traffic).toEqual({ log })
  expect(aRoute({ log, rules: [rule('stable')] }).traffic).toMatchObject({ log, rules: [{}] })
})
