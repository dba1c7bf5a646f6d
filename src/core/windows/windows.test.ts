import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Instant, instant } from '../clock.ts'
import { closureAt, formatWindow, parseWindow } from './index.ts'
import { instantOf, wallTimeAt } from './zoned.ts'

const at = (iso: string): Instant => instant(Date.parse(iso))
const isoOf = (time: Instant | undefined) => (time === undefined ? undefined : new Date(time).toISOString())
const frozen = (lines: readonly string[], iso: string) => {
  const closure = closureAt([{ freeze: lines.map(parseWindow), schedule: [] }], at(iso))
  return closure ? isoOf(closure.until) : 'open'
}
const scheduled = (lines: readonly string[], iso: string) => {
  const closure = closureAt([{ freeze: [], schedule: lines.map(parseWindow) }], at(iso))
  return closure ? isoOf(closure.until) : 'open'
}

const WEEKEND = 'Fri 18:00 - Mon 08:00 Europe/Berlin'

// 2026-11-27 is a Friday. Berlin is an hour ahead of UTC in winter, two in summer.
test.each([
  [WEEKEND, '2026-11-27T16:59:59Z', 'open'],
  [WEEKEND, '2026-11-27T17:00:00Z', '2026-11-30T07:00:00.000Z'],
  [WEEKEND, '2026-11-30T06:59:59Z', '2026-11-30T07:00:00.000Z'],
  [WEEKEND, '2026-11-30T07:00:00Z', 'open'],
  // Over the end of summer time the same window is an hour longer.
  [WEEKEND, '2026-10-23T16:00:00Z', '2026-10-26T07:00:00.000Z'],
  ['Mon 08:00 - Mon 07:00', '2026-11-30T07:30:00Z', 'open'],
  ['Mon 08:00 - Mon 07:00', '2026-11-30T08:00:00Z', '2026-12-07T07:00:00.000Z'],
  ['22:00 - 06:00', '2026-11-27T23:00:00Z', '2026-11-28T06:00:00.000Z'],
  ['22:00 - 06:00', '2026-11-27T05:59:00Z', '2026-11-27T06:00:00.000Z'],
  ['22:00 - 06:00', '2026-11-27T12:00:00Z', 'open'],
  ['Sat,Sun 00:00 - 24:00', '2026-11-28T12:00:00Z', '2026-11-30T00:00:00.000Z'],
  ['Fri 18:00 - 08:00', '2026-11-28T07:00:00Z', '2026-11-28T08:00:00.000Z'],
  ['Fri-Mon 00:00 - 24:00', '2026-11-27T00:00:00Z', '2026-12-01T00:00:00.000Z'],
  ['2026-12-20 - 2027-01-04 08:00 Asia/Shanghai', '2026-12-19T16:00:00Z', '2027-01-04T00:00:00.000Z'],
  ['2026-12-20 - 2027-01-04 08:00 Asia/Shanghai', '2026-12-19T15:59:00Z', 'open'],
])('frozen by %s at %s: %s', (line, now, until) => {
  expect(frozen([line], now)).toBe(until)
})

test('windows that follow each other are one', () => {
  expect(frozen([WEEKEND, '2026-11-30 - 2026-12-02'], '2026-11-28T00:00:00Z')).toBe(
    '2026-12-02T00:00:00.000Z',
  )
})

test.each([
  ['Mon-Fri 09:00 - 17:00', '2026-11-27T10:00:00Z', 'open'],
  ['Mon-Fri 09:00 - 17:00', '2026-11-27T17:00:00Z', '2026-11-30T09:00:00.000Z'],
  ['2026-12-20 - 2026-12-21', '2026-11-27T17:00:00Z', '2026-12-20T00:00:00.000Z'],
  ['2026-11-20 - 2026-11-21', '2026-11-27T17:00:00Z', undefined],
])('scheduled for %s, at %s: %s', (line, now, until) => {
  expect(scheduled([line], now)).toBe(until)
})

test('calendars must all be open: the server’s and the file’s', () => {
  const calendars = [
    { freeze: [parseWindow(WEEKEND)], schedule: [] },
    { freeze: [], schedule: [parseWindow('Tue 10:00 - Tue 11:00')] },
  ]
  expect(closureAt(calendars, at('2026-11-28T00:00:00Z'))).toEqual({
    kind: 'frozen',
    window: calendars[0]!.freeze[0],
    until: at('2026-12-01T10:00:00Z'),
  })
})

test('what never opens says no time', () => {
  const all = ['Mon 00:00 - Sun 12:00', 'Sun 11:00 - Mon 01:00']
  expect(frozen(all, '2026-11-28T00:00:00Z')).toBeUndefined()
})

test('a time that clocks leave out is later, one that they repeat is the first', () => {
  const night = (month: number, day: number) =>
    instantOf('Europe/Berlin', { year: 2026, month, day, minute: 150 })
  expect(isoOf(night(3, 29))).toBe('2026-03-29T01:30:00.000Z')
  expect(isoOf(night(10, 25))).toBe('2026-10-25T00:30:00.000Z')
})

describe('every window', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
  )
  const time = fc.integer({ min: 0, max: 1439 })
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  const day = fc.constantFrom('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')
  const now = fc.integer({ min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2027, 0, 1) / 60_000 })

  test('is written as it is read', () => {
    fc.assert(
      fc.property(day, time, day, time, zone, (from, begin, to, end, where) => {
        fc.pre(from !== to || begin !== end)
        const window = parseWindow(`${from} ${text(begin)} - ${to} ${text(end)} ${where}`)
        expect(parseWindow(formatWindow(window))).toEqual(window)
      }),
    )
  })

  test('of a day is open exactly while the clocks show it', () => {
    fc.assert(
      fc.property(time, time, zone, now, (begin, end, where, minute) => {
        fc.pre(begin !== end)
        const moment = instant(minute * 60_000)
        const { minute: shown } = wallTimeAt(where, moment)
        // Hours that a change of clocks repeats or leaves out are what the table above is for.
        const day = (shift: number) => wallTimeAt(where, instant(moment + shift * 86_400_000)).minute
        fc.pre(day(-1) === shown && day(1) === shown)
        const inside = begin < end ? shown >= begin && shown < end : shown >= begin || shown < end
        const window = parseWindow(`${text(begin)} - ${text(end)} ${where}`)
        const closure = closureAt([{ freeze: [window], schedule: [] }], moment)
        expect(closure !== undefined).toBe(inside)
      }),
    )
  })

  test('ends after now, and is over then', () => {
    fc.assert(
      fc.property(day, time, day, time, zone, now, (from, begin, to, end, where, minute) => {
        fc.pre(from !== to || begin !== end)
        const calendar = {
          freeze: [parseWindow(`${from} ${text(begin)} - ${to} ${text(end)} ${where}`)],
          schedule: [],
        }
        const moment = instant(minute * 60_000)
        const closure = closureAt([calendar], moment)
        if (!closure) return
        expect(closure.until).toBeGreaterThan(moment)
        expect(closureAt([calendar], closure.until!)).toBeUndefined()
        expect(closureAt([calendar], instant(closure.until! - 1))).toBeDefined()
      }),
    )
  })
})

test.each([
  'Fri 18:00 - Fri 18:00',
  'Fri 18:00 - 2026-03-04',
  '25:00 - 08:00',
  '08:60 - 09:00',
  '2026-02-30 - 2026-03-04',
  '2026-03-04 - 2026-03-04',
  'Fri 18:00 - Mon 08:00 Mars/Olympus',
  'Mon-Fri Fri 18:00 - Mon 08:00',
  'freitags',
  `${'Mon,'.repeat(100)}Mon 08:00 - 09:00`,
])('%s is no window', line => {
  expect(() => parseWindow(line)).toThrow(expect.objectContaining({ code: 'UNIT_INVALID' }))
})
