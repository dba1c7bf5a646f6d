import { expect, test } from 'vitest'
import { limitsAsked } from './limits.ts'

test('flags ask for limits, and none lifts them', () => {
  expect(limitsAsked({})).toBeUndefined()
  const limits = limitsAsked({ rate: '10/s', burst: 50, quota: '5/day', priority: 1 })
  expect(limits).toEqual({
    rate: { perSecond: 10, burst: 50 },
    quota: { requests: 5, per: 'day' },
    priority: 1,
  })
  expect(limitsAsked({ rate: 'none' }, limits)).toEqual({ quota: { requests: 5, per: 'day' }, priority: 1 })
  expect(limitsAsked({ rate: 'none', quota: 'none', priority: 0 }, limits)).toBeUndefined()
})

test('a burst goes with its rate', () => {
  for (const flags of [{ burst: 5 }, { rate: '5', burst: 5 }, { rate: '5/s', burst: Number.NaN }]) {
    expect(() => limitsAsked(flags)).toThrow(expect.objectContaining({ code: 'UNIT_INVALID' }))
  }
})
