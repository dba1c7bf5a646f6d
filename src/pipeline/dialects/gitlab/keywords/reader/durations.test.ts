import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePeriod } from './durations.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  ['42', 42_000],
  ['42 seconds', 42_000],
  ['3 mins 4 sec', 3 * MINUTE + 4000],
  ['2 hrs 20 min', 2 * HOUR + 20 * MINUTE],
  ['2h20min', 2 * HOUR + 20 * MINUTE],
  ['6 mos 1 day', 181 * DAY],
  ['47 yrs 6 mos and 4d', 47 * 365.25 * DAY + 184 * DAY],
  ['3 weeks and 2 days', 23 * DAY],
  ['3600 seconds', HOUR],
  ['60 minutes', HOUR],
  ['one hour', HOUR],
  ['one week', 7 * DAY],
  ['twenty five minutes', 25 * MINUTE],
  ['3h 30m', 3.5 * HOUR],
  ['1.5 hours', 1.5 * HOUR],
  ['1:30', 90_000],
  ['12:00:05', 12 * HOUR + 5000],
  ['0', 0],
])('%s', (written, expected) => {
  expect(parsePeriod(written)).toBe(expected)
})

test.each([
  '',
  'soon',
  'h',
  '1 hour ago',
  '3 4 seconds',
  '-1 day!',
  '10 parsecs',
  'constructor',
  `${'1 '.repeat(99)}s`,
])('%s is no period', written => {
  expect(parsePeriod(written)).toBeUndefined()
})

test('any text is a period or none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), written => {
      const period = parsePeriod(written)
      expect(period === undefined || period >= 0).toBe(true)
    }),
  )
})

test('amounts of units add up', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), (hours, minutes) => {
      expect(parsePeriod(`${hours} hours and ${minutes}m`)).toBe(hours * HOUR + minutes * MINUTE)
    }),
  )
})
