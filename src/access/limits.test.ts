import { expect, test } from 'vitest'
import { formatLimits, parseQuota, parseRate } from './limits.ts'

test.each([
  ['100/s', undefined, 100, 100],
  [' 30 / min ', undefined, 0.5, 30],
  ['500/h', 20, 500 / 3600, 20],
])('%s with burst %s', (text, burst, perSecond, most) => {
  expect(parseRate(text, burst)).toEqual({ perSecond, burst: most })
})

test.each(['', '100', '0/s', '-1/s', '1.5/s', '100/day', '100/s/s', '9999999/s', '1e3/s'])(
  '%s is no rate',
  text => {
    expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'UNIT_INVALID' }))
  },
)

test('a burst is a whole number from 1', () => {
  for (const burst of [0, -1, 1.5, Number.NaN, 1e9]) {
    expect(() => parseRate('1/s', burst)).toThrow(expect.objectContaining({ code: 'UNIT_INVALID' }))
  }
})

test('quotas are by day or month', () => {
  expect(parseQuota('1000000/day')).toEqual({ requests: 1_000_000, per: 'day' })
  expect(parseQuota('5e6/month')).toEqual({ requests: 5_000_000, per: 'month' })
  for (const text of ['0/day', '1/week', '1/s', '1e13/day', '1e99/day', 'x/day', '-5/day']) {
    expect(() => parseQuota(text)).toThrow(expect.objectContaining({ code: 'UNIT_INVALID' }))
  }
})

test('limits are told as they are written', () => {
  expect(formatLimits()).toBe('none')
  for (const rate of ['100/s', '30/min', '500/h']) {
    expect(formatLimits({ rate: parseRate(rate) })).toMatch(new RegExp(`^${rate} \\(burst \\d+\\)$`))
  }
  expect(formatLimits({ quota: { requests: 5, per: 'day' }, priority: 2 })).toBe('5/day, priority 2')
})
