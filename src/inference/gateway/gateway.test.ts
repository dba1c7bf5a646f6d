import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { RoutingTable } from '../../api/index.ts'
import { bucketUpperBound } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { GatewayState } from './state.ts'
import { Counters } from './telemetry/counters.ts'
import { expose } from './telemetry/metrics.ts'
import { Series } from './telemetry/series.ts'
import { Access } from './traffic/access.ts'
import { RetryBudget } from './traffic/retry-budget.ts'
import { chooseArm, type RouteTargets, type Target } from './traffic/routing.ts'
import { affinityOf } from './traffic/sticky.ts'

const states: GatewayState[] = []
afterEach(() => {
  for (const state of states.splice(0)) state.pool.close()
})

function aTarget(arm: Target['arm'], weight: number): Target {
  return { arm, weight, version: arm, versionNumber: 1, links: [], series: new Series(), rollout: undefined }
}

function aRoute(weights: Partial<Record<'stable' | 'baseline' | 'canary', number>>): RouteTargets {
  const arms = (Object.entries(weights) as [Target['arm'], number][]).map(([arm, weight]) =>
    aTarget(arm, weight),
  )
  const stable = arms.find(({ arm }) => arm === 'stable')
  return {
    project: 'p',
    open: true,
    control: false,
    arms,
    stable,
    versions: new Map(),
    sticky: undefined,
    rules: [],
    mirror: undefined,
    log: undefined,
    limit: undefined,
    priority: undefined,
    retries: new RetryBudget(),
  }
}

test.each([
  { weights: { stable: 1 }, draw: 0, leased: true, arm: 'stable' },
  { weights: { stable: 0.8, baseline: 0.1, canary: 0.1 }, draw: 0.05, leased: true, arm: 'canary' },
  { weights: { stable: 0.8, baseline: 0.1, canary: 0.1 }, draw: 0.1, leased: true, arm: 'stable' },
  { weights: { stable: 0.8, baseline: 0.1, canary: 0.1 }, draw: 0.95, leased: true, arm: 'baseline' },
  { weights: { stable: 0.8, baseline: 0.1, canary: 0.1 }, draw: 0.05, leased: false, arm: 'stable' },
  { weights: { stable: 0, baseline: 0.5, canary: 0.5 }, draw: 0.5, leased: true, arm: 'baseline' },
  { weights: { stable: 0, baseline: 0.5, canary: 0.5 }, draw: 0.99, leased: false, arm: 'stable' },
  { weights: { canary: 1 }, draw: 0.3, leased: false, arm: 'canary' },
] as const)('$weights at $draw, leased $leased: $arm', ({ weights, draw, leased, arm }) => {
  expect(chooseArm(aRoute(weights), draw, leased)?.arm).toBe(arm)
})

test('a canary that grows takes callers from stable, and never gives one back', () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0, max: 0.5, noNaN: true }), (key, weight) => {
      const at = (canary: number) =>
        chooseArm(aRoute({ stable: 1 - 2 * canary, baseline: canary, canary }), affinityOf(key), true)?.arm
      if (at(weight / 2) === 'canary') expect(at(weight)).toBe('canary')
    }),
  )
})

test('affinities spread evenly, even for keys that differ in one digit', () => {
  const counts = new Array(10).fill(0)
  for (let i = 0; i < 10_000; i++) counts[Math.floor(affinityOf(`user ${i}`) * 10)]++
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

const hash = (secret: string) => createHash('sha256').update(secret).digest('hex')

test.each([
  ['Bearer mine', 'p1', undefined],
  ['bearer mine', 'p1', undefined],
  ['Bearer all', 'p9', undefined],
  ['Bearer mine', 'p2', 'FORBIDDEN'],
  ['Bearer old', 'p1', 'UNAUTHENTICATED'],
  ['Bearer nobody', 'p1', 'UNAUTHENTICATED'],
  ['Basic mine', 'p1', 'UNAUTHENTICATED'],
  [`Bearer ${'x'.repeat(10_000)}`, 'p1', 'UNAUTHENTICATED'],
  [undefined, 'p1', 'UNAUTHENTICATED'],
])('%.30s in %s: %s', (authorization, project, code) => {
  const access = new Access([
    { hash: hash('mine'), project: 'p1' },
    { hash: hash('all') },
    { hash: hash('old'), project: 'p1', expiresAt: 99 },
  ])
  const found = () => access.tokenFor(authorization, project, 100)
  for (const each of [found(), found()]) {
    expect(each instanceof InferenceError ? each.code : undefined).toBe(code)
  }
})

function aTable(more: Partial<RoutingTable['routes'][number]> = {}): RoutingTable {
  const arm = (name: 'stable' | 'canary', versionNumber: number, weight: number) => ({
    arm: name,
    version: `v${versionNumber}`,
    versionNumber,
    weight,
    replicas: [],
  })
  const route = {
    model: 'digits',
    environment: 'production',
    project: 'p1',
    predictions: 'token' as const,
    arms: [arm('stable', 1, 0.5), arm('canary', 2, 0.5)],
    standby: [{ version: 'v0', versionNumber: 9, replicas: [] }],
    ...more,
  }
  return { revision: 7, leaseMs: 100, routes: [route], tokens: [] }
}

function aState(now: () => number = () => 0): GatewayState {
  const state = new GatewayState(now)
  states.push(state)
  return state
}

test('a lease ends when the control plane has said nothing for its time, and a table from disk has none', () => {
  let time = 1000
  const state = aState(() => time)
  state.apply(aTable())
  const route = state.route('production', 'digits')
  expect(state.choose(route, undefined, 0).arm).toBe('stable')
  state.heard()
  expect(state.choose(route, undefined, 0).arm).toBe('canary')
  time += 100
  expect(state.choose(route, undefined, 0).arm).toBe('canary')
  time += 1
  expect(state.choose(route, undefined, 0).arm).toBe('stable')
})

test('a version is asked for by number, one that stands by too', () => {
  const state = aState()
  state.apply(aTable())
  const route = state.route('production', 'digits')
  expect([1, 2, 9].map(version => state.choose(route, version, 0).version)).toEqual(['v1', 'v2', 'v0'])
  expect(() => state.choose(route, 3, 0)).toThrow(expect.objectContaining({ code: 'VERSION_UNKNOWN' }))
  expect(() => state.choose(route, 3, 0)).toThrow(/Version 3 does not serve here; \d, \d and \d do$/)
  expect(() => state.route('staging', 'digits')).toThrow(expect.objectContaining({ code: 'MODEL_UNKNOWN' }))
  expect(() => state.allow(route, undefined)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
})

test('counts of a step are kept over changes of the table, and told by arm and by version', () => {
  const state = aState()
  const rollout = { id: 'rol', step: 1 }
  state.apply(aTable({ rollout }))
  const canary = () => state.route('production', 'digits').arms.find(({ arm }) => arm === 'canary')!
  for (const status of [200, 200, 503]) {
    canary().series.count(status, 1000)
    canary().rollout?.count(status, 1000)
  }
  state.apply(aTable({ rollout }))
  canary().rollout?.count(200, 10)
  state.apply(aTable({ rollout: { id: 'rol', step: 2 } }))
  const [first, second] = state.counters.rollouts()
  expect(first).toMatchObject({ rollout: 'rol', step: 1, arms: { canary: { requests: 4, errors: 1 } } })
  const latency = first!.arms.canary!.latency
  expect(Object.keys(latency).map(bucket => bucketUpperBound(Number(bucket)) > 1000)).toEqual([false, true])
  expect(Object.values(latency)).toEqual([1, 2])
  expect(second).toMatchObject({ step: 2, arms: { canary: { requests: 0 } } })
  expect(state.counters.models()).toContainEqual(
    expect.objectContaining({ model: 'digits', version: 'v2', requests: 3, errors: 1 }),
  )
})

test('metrics are told in the text format', () => {
  const state = aState()
  state.apply(aTable())
  const { series } = state.route('production', 'digits').stable!
  series.count(200, 900)
  series.count(200, 60_000)
  series.count(404, 10)
  const text = expose(state).text
  const labels = 'model="digits",environment="production",version="1",arm="stable"'
  for (const line of [
    `ballast_requests_total{${labels},status="200"} 2`,
    `ballast_requests_total{${labels},status="404"} 1`,
    `ballast_request_duration_seconds_bucket{${labels},le="0.001"} 1`,
    `ballast_request_duration_seconds_bucket{${labels},le="0.1"} 2`,
    `ballast_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
    `ballast_request_duration_seconds_count{${labels}} 2`,
    'ballast_table_revision 7',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})

test('series of versions that came and went are forgotten, the oldest first', () => {
  const counters = new Counters()
  const name = { model: 'm', environment: 'e', versionNumber: 1, arm: 'stable' } as const
  for (let i = 0; i < 5001; i++) counters.series({ ...name, version: `v${i}` })
  const versions = [...counters.all()].map(({ version }) => version)
  expect([versions.length, versions[0]]).toEqual([5000, 'v1'])
})
