import { CoreError } from '../errors.ts'
import { isTimeZone, type WallTime } from './zoned.ts'

/** 0 is Sunday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6

/** A time that comes again, or once, by the clocks of its zone. `minute` counts from midnight, to 1440. */
export type TimeWindow = { readonly zone: string } & (
  | { readonly kind: 'weekly'; readonly from: WeekTime; readonly to: WeekTime }
  /** On each of these days; one that ends before it begins ends on the next day. */
  | { readonly kind: 'daily'; readonly days: readonly Weekday[]; readonly from: number; readonly to: number }
  | { readonly kind: 'dates'; readonly from: WallTime; readonly to: WallTime }
)

export interface WeekTime {
  readonly day: Weekday
  readonly minute: number
}

/** The parts of a window as a person writes them. */
export interface WrittenWindow {
  /** `Fri 18:00`, `22:00` or `2026-12-20 18:00`; `to` is of the same kind. */
  readonly from: string
  readonly to: string
  /** `Mon-Fri` or `Sat,Sun`, where `from` and `to` are times of day; default every day. */
  readonly days?: string
  /** A name of the IANA database; default UTC. */
  readonly zone?: string
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const EVERY_DAY: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 0]
const LAST_MINUTE = 24 * 60
/** `Mon,Tue,Wed,Thu,Fri 2026-12-20 18:00 - 2026-12-20 18:00 America/Argentina/ComodRivadavia` fits twice. */
const MAX_LENGTH = 160

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const TIME = String.raw`\d{1,2}:\d{2}`
const DATE = String.raw`\d{4}-\d{2}-\d{2}`
const ZONE = '(?: (?<zone>[A-Za-z0-9_+/-]+))?'
const SPAN = new RegExp(
  `^(?<from>${DAY} ${TIME}|${DATE}(?: ${TIME})?) ?- ?(?<to>${DAY} ${TIME}|${DATE}(?: ${TIME})?)${ZONE}$`,
)
const DAILY = new RegExp(`^(?:(?<days>${DAY}(?:[-,]${DAY})*) )?(?<from>${TIME}) ?- ?(?<to>${TIME})${ZONE}$`)

/**
 * One line: `Fri 18:00 - Mon 08:00 Europe/Berlin`, `Mon-Fri 09:00 - 17:00`, `2026-12-20 - 2027-01-04`. Throws
 * UNIT_INVALID.
 */
export function parseWindow(line: string): TimeWindow {
  const text = line.trim().replaceAll(/\s+/g, ' ')
  const found = text.length <= MAX_LENGTH ? (SPAN.exec(text) ?? DAILY.exec(text))?.groups : undefined
  if (!found) throw invalid('a window such as Fri 18:00 - Mon 08:00 Europe/Berlin', line)
  const { days, from, to, zone } = found
  return windowOf({ from: from!, to: to!, ...(days && { days }), ...(zone && { zone }) })
}

/** Throws UNIT_INVALID. */
export function windowOf({ from, to, days, zone = 'UTC' }: WrittenWindow): TimeWindow {
  if (zone.length > MAX_LENGTH || !isTimeZone(zone)) throw invalid('a time zone such as Europe/Berlin', zone)
  const [begin, end] = [edgeOf(from), edgeOf(to)]
  if (begin.kind !== end.kind) throw invalid(`an end like its beginning '${from}'`, to)
  if (days !== undefined && begin.kind !== 'daily')
    throw invalid('times of day beside its days, such as 09:00', from)
  if (begin.kind === 'weekly' && end.kind === 'weekly') {
    if (begin.day === end.day && begin.minute === end.minute) throw invalid('an end after its beginning', to)
    return { kind: 'weekly', zone, from: weekTime(begin), to: weekTime(end) }
  }
  if (begin.kind === 'daily' && end.kind === 'daily') {
    if (begin.minute === end.minute) throw invalid('an end after its beginning', to)
    return { kind: 'daily', zone, days: daysOf(days), from: begin.minute, to: end.minute }
  }
  if (begin.kind !== 'dates' || end.kind !== 'dates') throw invalid('a window', from)
  if (order(begin.at) >= order(end.at)) throw invalid('an end after its beginning', to)
  return { kind: 'dates', zone, from: begin.at, to: end.at }
}

/** As `parseWindow` reads it. */
export function formatWindow(window: TimeWindow): string {
  const { zone } = window
  switch (window.kind) {
    case 'weekly':
      return `${weekText(window.from)} - ${weekText(window.to)} ${zone}`
    case 'daily': {
      const every = EVERY_DAY.every(day => window.days.includes(day))
      const days = every ? '' : `${window.days.map(day => DAYS[day]).join(',')} `
      return `${days}${timeText(window.from)} - ${timeText(window.to)} ${zone}`
    }
    case 'dates':
      return `${dateText(window.from)} - ${dateText(window.to)} ${zone}`
  }
}

type Edge =
  | ({ readonly kind: 'weekly' } & WeekTime)
  | { readonly kind: 'daily'; readonly minute: number }
  | { readonly kind: 'dates'; readonly at: WallTime }

function edgeOf(text: string): Edge {
  const found =
    text.length <= MAX_LENGTH ? /^(?:([A-Z][a-z]{2})\s+)?(\d{1,2}):(\d{2})$/.exec(text.trim()) : null
  if (found) {
    const minute = minuteOf(found[2]!, found[3]!, text)
    if (found[1] === undefined) return { kind: 'daily', minute }
    return { kind: 'weekly', day: dayOf(found[1]), minute }
  }
  const date = /^(\d{4})-(\d{2})-(\d{2})(?:\s+(\d{1,2}):(\d{2}))?$/.exec(text.slice(0, MAX_LENGTH).trim())
  if (!date) throw invalid('a time such as Fri 18:00, 18:00 or 2026-12-20 18:00', text)
  const [year, month, day] = date.slice(1, 4).map(Number)
  const real = new Date(Date.UTC(year!, month! - 1, day))
  if (real.getUTCMonth() + 1 !== month || real.getUTCDate() !== day || year! < 1970)
    throw invalid('a day that there is', text)
  const minute = date[4] === undefined ? 0 : minuteOf(date[4], date[5]!, text)
  return { kind: 'dates', at: { year: year!, month, day: day!, minute } }
}

function minuteOf(hours: string, minutes: string, text: string): number {
  const minute = Number(hours) * 60 + Number(minutes)
  if (Number(minutes) > 59 || minute > LAST_MINUTE) throw invalid('a time from 00:00 to 24:00', text)
  return minute
}

function dayOf(name: string): Weekday {
  const day = DAYS.indexOf(name as (typeof DAYS)[number])
  if (day < 0) throw invalid(`a day (${DAYS.join(', ')})`, name)
  return day as Weekday
}

/** `Mon-Fri` goes over the end of the week where its last day comes before its first. */
function daysOf(text: string | undefined): readonly Weekday[] {
  if (text === undefined) return EVERY_DAY
  const days = new Set<Weekday>()
  for (const part of text.slice(0, MAX_LENGTH).split(',')) {
    const [first, last, more] = part.trim().split('-')
    if (more !== undefined) throw invalid('days such as Mon-Fri or Sat,Sun', text)
    const [begin, end] = [dayOf(first!.trim()), dayOf((last ?? first)!.trim())]
    for (let i = 0; i <= (end - begin + 7) % 7; i++) days.add(((begin + i) % 7) as Weekday)
  }
  return EVERY_DAY.filter(day => days.has(day))
}

function weekTime({ day, minute }: WeekTime): WeekTime {
  return { day, minute }
}

function order({ year, month, day, minute }: WallTime): number {
  return Date.UTC(year, month - 1, day, 0, minute)
}

function weekText({ day, minute }: WeekTime): string {
  return `${DAYS[day]} ${timeText(minute)}`
}

function dateText({ year, month, day, minute }: WallTime): string {
  return `${padded(year, 4)}-${padded(month)}-${padded(day)} ${timeText(minute)}`
}

function timeText(minute: number): string {
  return `${padded(Math.floor(minute / 60))}:${padded(minute % 60)}`
}

function padded(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}

function invalid(expected: string, found: string): CoreError {
  return new CoreError('UNIT_INVALID', {
    message: `Expected ${expected}, found '${found.slice(0, MAX_LENGTH)}'`,
    hint: 'Such as Fri 18:00 - Mon 08:00 Europe/Berlin, or Mon-Fri 09:00 - 17:00.',
    details: { expected, found: found.slice(0, MAX_LENGTH) },
  })
}
