import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PredictionLimitsWire } from '../../../../api/index.ts'
import { InferenceError } from '../../../errors.ts'
import { TokenBucket } from './bucket.ts'
import { Limiter, type LimitHeaders } from './limiter.ts'
import { Quotas } from './quotas.ts'

const NOON = Date.UTC(2026, 10, 27, 12)

test('over any time a bucket lets through no more than its burst and what its rate gives', () => {
  const gaps = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 300 })
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1000, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      gaps,
      (perSecond, burst, gaps) => {
        const bucket = new TokenBucket(perSecond, burst, 0)
        let [now, taken] = [0, 0]
        for (const gap of gaps) {
          now += gap
          while (bucket.wait(now) === 0) {
            bucket.take()
            taken++
          }
          // It promises when the next may come, and keeps it, but for rounding.
          now += bucket.wait(now) + 1e-6
          expect(bucket.wait(now)).toBe(0)
        }
        expect(taken).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-3)
        expect(taken).toBeGreaterThanOrEqual(gaps.length > 0 ? burst : 0)
      },
    ),
  )
})

test('a clock that stands still or goes back gives nothing', () => {
  const bucket = new TokenBucket(10, 2, 1000)
  bucket.take()
  bucket.take()
  expect([bucket.wait(1000), bucket.wait(500), bucket.level(0)]).toEqual([100, 100, 0])
})

interface World {
  now: number
  clock: number
  readonly limiter: Limiter
  take(who: 'token' | 'route' | 'both'): LimitHeaders | undefined | InferenceError
}

function aWorld(token: PredictionLimitsWire | undefined, route?: PredictionLimitsWire): World {
  const limiter = new Limiter(
    () => world.now,
    () => world.clock,
  )
  const world: World = {
    now: 0,
    clock: NOON,
    limiter,
    take(who) {
      const [ofToken, ofRoute] = [limiter.limit('token/a'), limiter.limit('route/production/m')]
      try {
        return limiter.take(who === 'route' ? undefined : ofToken, who === 'token' ? undefined : ofRoute)
      } catch (error) {
        if (error instanceof InferenceError) return error
        throw error
      }
    },
  }
  limiter.apply(tables(token, route))
  return world
}

function tables(token: PredictionLimitsWire | undefined, route?: PredictionLimitsWire) {
  const replaced = { model: 'm', environment: 'production', project: 'p', predictions: 'token' as const }
  return {
    tokens: [{ hash: 'secret-hash', id: 'a', ...(token && { limits: token }) }],
    routes: [{ ...replaced, arms: [], standby: [], ...(route && { limits: route }) }],
  }
}

test('nothing is told where nothing is limited', () => {
  const world = aWorld(undefined, { priority: 1 })
  expect(world.take('both')).toBeUndefined()
})

test('a rate refuses with how long to wait, and tells what is left by the names of the draft', () => {
  const world = aWorld({ rate: { perSecond: 2, burst: 3 } })
  expect(world.take('token')).toEqual({ 'ratelimit-policy': '"token";q=3;w=2', ratelimit: '"token";r=2;t=1' })
  world.take('token')
  expect(world.take('token')).toMatchObject({ ratelimit: '"token";r=0;t=2' })
  const refused = world.take('token')
  expect(refused).toMatchObject({
    code: 'RATE_LIMITED',
    details: { headers: { 'retry-after': '1', ratelimit: '"token";r=0;t=2' } },
  })
  expect(JSON.stringify(refused)).not.toContain('secret-hash')
  world.now = 500
  expect(world.take('token')).toMatchObject({ ratelimit: expect.stringContaining('r=0') })
  expect(world.take('token')).toMatchObject({ code: 'RATE_LIMITED' })
})

test('what one limit refuses is not taken from the other', () => {
  const world = aWorld({ rate: { perSecond: 1, burst: 5 } }, { rate: { perSecond: 1, burst: 1 } })
  expect(world.take('both')).toMatchObject({
    'ratelimit-policy': '"token";q=5;w=5, "model";q=1;w=1',
    ratelimit: '"token";r=4;t=1, "model";r=0;t=1',
  })
  for (let i = 0; i < 10; i++) expect(world.take('both')).toMatchObject({ code: 'RATE_LIMITED' })
  expect(world.take('token')).toMatchObject({ ratelimit: '"token";r=3;t=2' })
})

test('a quota holds to the end of its day, and begins again', () => {
  const world = aWorld({ quota: { requests: 2, per: 'day' } })
  expect(world.take('token')).toEqual({
    'ratelimit-policy': '"token-quota";q=2;w=86400',
    ratelimit: '"token-quota";r=1;t=43200',
  })
  world.take('token')
  expect(world.take('token')).toMatchObject({
    code: 'QUOTA_EXCEEDED',
    details: { headers: { 'retry-after': '43200' } },
  })
  world.clock = NOON + 12 * 3_600_000 - 1
  expect(world.take('token')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  world.clock++
  expect(world.take('token')).toMatchObject({ ratelimit: expect.stringContaining('r=1') })
})

test('a new table keeps what was used; a limit that is gone is gone', () => {
  const world = aWorld({ rate: { perSecond: 0.001, burst: 2 }, quota: { requests: 5, per: 'month' } })
  world.take('token')
  world.limiter.apply(tables({ rate: { perSecond: 0.001, burst: 2 }, quota: { requests: 2, per: 'month' } }))
  expect(world.take('token')).toMatchObject({ ratelimit: expect.stringMatching(/"token";r=0.*quota";r=0/) })
  expect(world.take('token')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  world.limiter.apply(tables(undefined))
  expect(world.limiter.limit('token/a')).toBeUndefined()
  expect(world.take('token')).toBeUndefined()
})

test('several gateways share a rate, and what others used of a quota counts', () => {
  const world = aWorld({ rate: { perSecond: 9, burst: 9 }, quota: { requests: 100, per: 'day' } })
  world.limiter.hear({ gateways: 3, elsewhere: [{ key: 'token/a', window: '2026-11-27', used: 98 }] })
  expect(world.take('token')).toMatchObject({
    'ratelimit-policy': '"token";q=3;w=1, "token-quota";q=100;w=86400',
    ratelimit: expect.stringContaining('"token-quota";r=1;'),
  })
  world.take('token')
  expect(world.take('token')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  world.limiter.hear({})
  expect(world.take('token')).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  // Word of yesterday, or of no window at all, changes nothing.
  for (const window of ['2026-11-26', '', '__proto__']) {
    world.limiter.hear({ elsewhere: [{ key: 'token/b', window, used: 5 }] })
  }
  expect(world.limiter.quotas.own()).toEqual([{ key: 'token/a', window: '2026-11-27', used: 2 }])
})

test('quotas are taken up again after a restart, those of the present windows', () => {
  let now = NOON
  const quotas = new Quotas(() => now)
  quotas.restore([
    { key: 'a', window: '2026-11-27', used: 3 },
    { key: 'b', window: '2026-11', used: 4 },
    { key: 'c', window: '2026-11-26', used: 5 },
  ])
  quotas.take('a', 'day')
  expect([quotas.left('a', 10, 'day'), quotas.left('b', 10, 'month'), quotas.left('c', 10, 'day')]).toEqual([
    6, 6, 10,
  ])
  // A key whose period was changed begins anew.
  expect(quotas.left('b', 10, 'day')).toBe(10)
  now = Date.UTC(2026, 11, 1)
  expect(quotas.own()).toEqual([])
  // A clock that was set back is in the window that it is in.
  now = NOON
  expect(quotas.reset('month')).toBe((Date.UTC(2026, 11, 1) - NOON) / 1000)
})

test('of very many quotas a report tells those that changed, and all of them now and then', () => {
  let now = NOON
  const quotas = new Quotas(() => now)
  for (let i = 0; i < 600; i++) quotas.take(`token/${i}`, 'day')
  expect(quotas.news()).toHaveLength(600)
  expect(quotas.news()).toEqual([])
  quotas.take('token/7', 'day')
  expect(quotas.news()).toEqual([{ key: 'token/7', window: '2026-11-27', used: 2 }])
  now += 5000
  expect(quotas.news()).toHaveLength(600)
  for (let i = 0; i < 30_000; i++) quotas.take(`token/${i}`, 'day')
  expect(quotas.own()).toHaveLength(20_000)
})
