import type { Instant } from '../clock.ts'

/** A date and a time of day as clocks on a wall show them; `minute` counts from midnight and may pass it. */
export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly minute: number
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const formats = new Map<string, Intl.DateTimeFormat>()
/** Zones that files and policies name; there are about 600. */
const MAX_FORMATS = 1000

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** What the clocks of a zone show. */
export function wallTimeAt(zone: string, at: Instant): WallTime {
  const shown = new Map<string, number>()
  for (const { type, value } of formatOf(zone).formatToParts(at)) shown.set(type, Number(value))
  const part = (name: string): number => shown.get(name)!
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    minute: part('hour') * 60 + part('minute'),
  }
}

/**
 * When the clocks of a zone show that time. Of an hour that a change of clocks repeats, the first; a time that it
 * leaves out is as much later as the change is:
 *
 *   Europe/Berlin  2026-03-29 02:30 -> 03:30 of that day, as 02:30 never comes
 *   Europe/Berlin  2026-10-25 02:30 -> the one in summer time
 */
export function instantOf(zone: string, wall: WallTime): Instant {
  const utc = Date.UTC(wall.year, wall.month - 1, wall.day, 0, wall.minute)
  const before = utc - offsetAt(zone, utc - DAY)
  const after = utc - offsetAt(zone, utc + DAY)
  const shown = [before, after].filter(at => at + offsetAt(zone, at) === utc)
  return (shown.length > 0 ? Math.min(...shown) : before) as Instant
}

/** The same time of day, so many days later. */
export function addDays({ year, month, day, minute }: WallTime, days: number): WallTime {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), minute }
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: WallTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}

/** How far the zone is ahead of UTC, in whole minutes. */
function offsetAt(zone: string, at: number): number {
  const { year, month, day, minute } = wallTimeAt(zone, at as Instant)
  return Date.UTC(year, month - 1, day, 0, minute) - Math.floor(at / MINUTE) * MINUTE
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  if (formats.size >= MAX_FORMATS) formats.clear()
  formats.set(zone, format)
  return format
}
