import { describe, expect, test } from 'vitest'
import { instant, isoOf } from '../../../core/index.ts'
import { checkCron, MAX_MISSED, nextRun, runsBetween } from './cron.ts'

const at = (iso: string) => instant(Date.parse(iso))
const NOON = at('2026-01-01T12:00:00Z')

test.each([
  ['0 3 * * *', 'UTC', '2026-01-02T03:00:00.000Z'],
  ['0 3 * * *', 'Europe/Berlin', '2026-01-02T02:00:00.000Z'],
  ['0 3 * * 1-5', 'America/New_York', '2026-01-02T08:00:00.000Z'],
  ['*/5 * * * *', 'UTC', '2026-01-01T12:05:00.000Z'],
  ['@daily', 'Asia/Shanghai', '2026-01-01T16:00:00.000Z'],
  ['0 0 29 2 *', 'UTC', '2028-02-29T00:00:00.000Z'],
])("'%s' in %s is due next at %s", (cron, zone, next) => {
  checkCron(cron, zone, NOON)
  expect(isoOf(nextRun(cron, zone, NOON)!)).toBe(next)
})

describe('where clocks change', () => {
  test('an hour that is left out runs once, after it', () => {
    const before = at('2026-03-29T00:30:00Z')
    const first = nextRun('30 2 * * *', 'Europe/Berlin', before)!
    expect(isoOf(first)).toBe('2026-03-29T01:00:00.000Z')
    expect(isoOf(nextRun('30 2 * * *', 'Europe/Berlin', first)!)).toBe('2026-03-30T00:30:00.000Z')
  })

  test('an hour that comes twice runs once', () => {
    const [from, to] = [at('2026-10-24T22:00:00Z'), at('2026-10-25T12:00:00Z')]
    expect(runsBetween('30 2 * * *', 'Europe/Berlin', from, to)).toBe(1)
  })
})

test.each([
  ['* * * * *', 'UTC', 'due again after 1 min'],
  ['*/4 * * * *', 'UTC', 'due again after'],
  ['0,1 3 * * *', 'UTC', 'due again after 1 min'],
  ['58,0 * * * *', 'UTC', 'due again after 2 min'],
  ['* * * * * *', 'UTC', 'not minute'],
  ['0 0 1 1 * 2030', 'UTC', 'not minute'],
  ['@reboot', 'UTC', 'not minute'],
  ['2026-12-01T00:00:00', 'UTC', 'not minute'],
  ['', 'UTC', 'not minute'],
  [`0 ${'1,'.repeat(60)}2 * * *`, 'UTC', 'not minute'],
  ['0 25 * * *', 'UTC', "can't be a schedule"],
  ['0 0 30 2 *', 'UTC', 'no such time'],
  ['0 3 * * *', 'Europe/Nowhere', "no time zone 'Europe/Nowhere'"],
])("'%s' in %s: %s", (cron, zone, message) => {
  expect(() => checkCron(cron, zone, NOON)).toThrow(message)
})

test('missed runs are counted up to a bound', () => {
  expect(runsBetween('0 * * * *', 'UTC', NOON, at('2026-01-01T15:00:00Z'))).toBe(3)
  expect(runsBetween('*/5 * * * *', 'UTC', NOON, at('2027-01-01T00:00:00Z'))).toBe(MAX_MISSED)
})
