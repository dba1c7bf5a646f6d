import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PlayedReplica, TrafficWorld } from '../../../../test/fixtures/traffic-world.ts'
import type { Route } from '../../../api/index.ts'
import { headerOf } from '../../frames/index.ts'

let world: TrafficWorld
let time = 0
let stable: PlayedReplica
let canary: PlayedReplica
let old: PlayedReplica
beforeEach(async () => {
  time = 0
  world = new TrafficWorld(() => time)
  await world.start()
  stable = await world.replica('stable')
  canary = await world.replica('canary')
  old = await world.replica('old')
})
afterEach(() => world.stop())

type Rules = NonNullable<NonNullable<Route['traffic']>['rules']>
const DEBUG: Rules[number] = {
  header: 'ballast-debug',
  match: { kind: 'is', text: 'canary' },
  to: { kind: 'arm', arm: 'canary' },
}

async function routed(
  rules: Rules,
  more: Partial<Route> = {},
  weights: readonly [number, number] = [1, 0],
): Promise<void> {
  await world.route(
    [
      ['stable', weights[0], [stable]],
      ['canary', weights[1], [canary]],
    ],
    { traffic: { rules }, standby: [world.versioned(7, [old])], ...more },
  )
}

const answered = async (headers: Record<string, string> = {}) => {
  const { answer, target } = await world.ask({ headers })
  return [String(answer?.body), target?.arm]
}

test('the first rule that matches decides; without a match the weights do', async () => {
  await routed([
    DEBUG,
    {
      header: 'x-client',
      match: { kind: 'begins', text: 'beta/' },
      to: { kind: 'version', versionNumber: 7 },
    },
    { header: 'x-client', match: { kind: 'present' }, to: { kind: 'arm', arm: 'canary' } },
  ])
  expect(await answered()).toEqual(['stable', 'stable'])
  expect(await answered({ 'ballast-debug': 'canary' })).toEqual(['canary', 'canary'])
  expect(await answered({ 'ballast-debug': 'canary2' })).toEqual(['stable', 'stable'])
  expect(await answered({ 'x-client': 'beta/3' })).toEqual(['old', 'standby'])
  expect(await answered({ 'x-client': '' })).toEqual(['canary', 'canary'])
  expect(await answered({ 'ballast-debug': 'canary', 'x-client': 'beta/3' })).toEqual(['canary', 'canary'])
})

test('a rule reaches nothing that does not serve here', async () => {
  await routed([
    { ...DEBUG, to: { kind: 'version', versionNumber: 99 } },
    { ...DEBUG, to: { kind: 'arm', arm: 'baseline' } },
  ])
  expect(await answered({ 'ballast-debug': 'canary' })).toEqual(['stable', 'stable'])
})

test('without a lease rules lead to no canary', async () => {
  await routed([DEBUG])
  time = 2e9
  expect(await answered({ 'ballast-debug': 'canary' })).toEqual(['stable', 'stable'])
  world.state.heard()
  expect(await answered({ 'ballast-debug': 'canary' })).toEqual(['canary', 'canary'])
})

test('who chooses a version is no sample: a rollout counts those that were drawn', async () => {
  await routed([DEBUG], { rollout: { id: 'rol', step: 0 } }, [0, 1])
  await answered({ 'ballast-debug': 'canary' })
  await world.ask({ version: 2 })
  await answered()
  expect(world.state.counters.rollouts()[0]?.arms.canary).toMatchObject({ requests: 1 })
  expect(world.state.counters.models().find(({ version }) => version === 'ver_2')).toMatchObject({
    requests: 3,
  })
})

test('a version that is asked for by number goes before any rule', async () => {
  await routed([DEBUG])
  const outcome = await world.ask({ version: 1, headers: { 'ballast-debug': 'canary' } })
  expect(outcome.target?.arm).toBe('stable')
})

test('a rule comes after the door: no header lets a stranger in', async () => {
  await routed([DEBUG], { predictions: 'token' })
  expect(() => world.ask({ headers: { 'ballast-debug': 'canary' } })).toThrow(
    expect.objectContaining({ code: 'UNAUTHENTICATED' }),
  )
})

test('a cookie comes with the answer, and keeps its caller with one arm', async () => {
  await world.route(
    [
      ['stable', 0.5, [stable]],
      ['canary', 0.5, [canary]],
    ],
    { traffic: { sticky: { kind: 'cookie', name: 'arm', maxAgeMs: 1000 } } },
  )
  for (let caller = 0; caller < 20; caller++) {
    const first = await world.ask()
    const cookie = first.headers!['set-cookie']!.split(';')[0]!
    for (let i = 0; i < 5; i++) {
      const next = await world.ask({ headers: { cookie } })
      expect(next.target?.arm).toBe(first.target?.arm)
      expect(next.headers).toBeUndefined()
    }
  }
})

const hash = (secret: string) => createHash('sha256').update(secret).digest('hex')

test('a token and a route are limited each, and the answer tells how much is left', async () => {
  await world.route(
    [['stable', 1, [stable]]],
    { predictions: 'token', limits: { quota: { requests: 3, per: 'day' } } },
    {
      tokens: [
        { hash: hash('limited'), id: 'tok_1', limits: { rate: { perSecond: 1, burst: 2 } } },
        { hash: hash('free'), id: 'tok_2' },
      ],
    },
  )
  const as = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
  const first = await world.ask(as('limited'))
  expect(first).toMatchObject({ end: { token: 'tok_1' } })
  expect(first.headers?.['ratelimit']).toMatch(/^"token";r=1;t=1, "model-quota";r=2;t=\d+$/)
  await world.ask(as('limited'))
  expect(() => world.ask(as('limited'))).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  expect((await world.ask(as('free'))).headers?.['ratelimit']).toMatch(/^"model-quota";r=0;t=\d+$/)
  expect(() => world.ask(as('free'))).toThrow(expect.objectContaining({ code: 'QUOTA_EXCEEDED' }))
  const refused = [...world.state.counters.registry.families()].find(
    ({ name }) => name === 'ballast_requests_limited',
  )
  expect([...refused!.samples()]).toEqual([
    { labels: ['production', 'm', 'RATE_LIMITED'], value: 1 },
    { labels: ['production', 'm', 'QUOTA_EXCEEDED'], value: 1 },
  ])
  // Who is not let in at all takes nothing from anybody.
  expect(() => world.ask(as('stranger'))).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
  expect(stable.asked).toHaveLength(3)
})

test('a token is known, and limited, where none is needed', async () => {
  const tokens = [{ hash: hash('limited'), id: 'tok_1', limits: { rate: { perSecond: 1, burst: 1 } } }]
  await world.route([['stable', 1, [stable]]], {}, { tokens })
  const as = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
  await world.ask(as('limited'))
  expect(() => world.ask(as('limited'))).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  expect(await world.ask(as('whatever'))).toMatchObject({ status: 200 })
})

test.each([
  { asked: '1', token: undefined, route: undefined, sent: '2' },
  { asked: '1', token: 1, route: undefined, sent: '1' },
  { asked: '1', token: undefined, route: 1, sent: '1' },
  { asked: '7', token: undefined, route: undefined, sent: '7' },
  { asked: '7', token: 1, route: 1, sent: '7' },
  { asked: '0', token: undefined, route: undefined, sent: undefined },
  { asked: '-1', token: 1, route: 1, sent: undefined },
  { asked: '1\npriority: 1', token: undefined, route: undefined, sent: undefined },
  { asked: '99999999999', token: 1, route: 1, sent: undefined },
])('priority $asked with token $token and route $route is $sent', async ({ asked, token, route, sent }) => {
  const tokens = [{ hash: hash('t'), id: 'tok', ...(token && { limits: { priority: token } }) }]
  await world.route([['stable', 1, [stable]]], route ? { limits: { priority: route } } : {}, { tokens })
  await world.ask({ headers: { authorization: 'Bearer t', 'ballast-priority': asked } })
  expect(headerOf(stable.asked[0]!.headers, 'priority')).toBe(sent)
  const mayGoFirst = token === 1 || route === 1
  const cap = sent === undefined && mayGoFirst ? '1' : undefined
  expect(headerOf(stable.asked[0]!.headers, 'priority-cap')).toBe(cap)
})
