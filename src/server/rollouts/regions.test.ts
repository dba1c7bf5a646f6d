import { expect, test } from 'vitest'
import type { Route } from '../../api/index.ts'
import { tableFor, type WavedRoute } from './regions.ts'

const arm = (
  name: 'stable' | 'baseline' | 'canary',
  version: string,
  weight: number,
): Route['arms'][number] => ({
  arm: name,
  version,
  versionNumber: version === 'old' ? 1 : 2,
  weight,
  replicas: [],
})
const ROUTE: WavedRoute = {
  model: 'digits',
  environment: 'production',
  project: 'prj',
  predictions: 'token',
  arms: [arm('stable', 'old', 0.8), arm('baseline', 'old', 0.1), arm('canary', 'new', 0.1)],
  standby: [],
  rollout: { id: 'rol', step: 1 },
  traffic: {
    sticky: { kind: 'header', name: 'x-user' },
    mirror: { version: 'new', versionNumber: 2, share: 1, keep: 'digests', replicas: [] },
  },
  waves: { waves: [['eu'], ['us'], ['asia']], at: 1 },
}
const seen = (region: string | undefined, route: WavedRoute = ROUTE) => {
  const table = { revision: 1, leaseMs: 1, routes: [route], tokens: [] }
  const [found] = tableFor(table, region).routes
  return {
    ...found!,
    arms: found!.arms.map(({ arm: name, weight }) => `${name} ${weight}`),
  }
}

test.each([
  ['us', ['stable 0.8', 'baseline 0.1', 'canary 0.1'], true],
  // Behind the wave: all of the candidate, and stable as the way back for when the lease ends.
  ['eu', ['stable 0', 'canary 1'], false],
  ['asia', ['stable 1'], false],
  ['africa', ['stable 1'], false],
  [undefined, ['stable 1'], false],
] as const)('gateways of %s route by %j; they count: %s', (region, arms, counts) => {
  const route = seen(region)
  expect(route.arms).toEqual(arms)
  expect('rollout' in route).toBe(counts)
  expect('waves' in route).toBe(false)
  expect(route.traffic?.sticky).toBeDefined()
  expect(route.traffic?.mirror === undefined).toBe(!counts)
})

test('where no replica of the candidate is ready, stable answers behind the wave too', () => {
  const arms = ROUTE.arms.filter(({ arm: name }) => name !== 'canary')
  expect(seen('eu', { ...ROUTE, arms }).arms).toEqual(['stable 1'])
})

test('a shadow stays in its wave, and a mirror to another version goes on everywhere', () => {
  const mirror = { version: 'before', versionNumber: 0, share: 1, keep: 'digests', replicas: [] } as const
  const of = (more: object) => ({ ...ROUTE, traffic: { mirror: { ...mirror, replicas: [], ...more } } })
  expect(seen('asia', of({})).traffic?.mirror).toMatchObject({ version: 'before' })
  expect(seen('asia', of({ rollout: { id: 'rol', step: 0 } }))).not.toHaveProperty('traffic')
})

test('a route without waves is the same everywhere', () => {
  const { waves: _, ...route } = ROUTE
  const table = { revision: 1, leaseMs: 1, routes: [route], tokens: [] }
  for (const region of ['eu', undefined]) expect(tableFor(table, region)).toStrictEqual(table)
})
