import { formatMinute, type Instant } from '../clock.ts'
import { formatWindow, parseWindow, type TimeWindow } from './window.ts'
import { addDays, instantOf, type WallTime, wallTimeAt, weekdayOf } from './zoned.ts'

/** When something may happen. */
export interface Calendar {
  /** Not within these. */
  readonly freeze: readonly TimeWindow[]
  /** Only within one of these, where there are any. */
  readonly schedule: readonly TimeWindow[]
}

/** A calendar as people, stores and the wire have it: a line for each window. */
export interface WrittenCalendar {
  readonly freeze: readonly string[]
  readonly schedule: readonly string[]
}

/** Throws UNIT_INVALID. */
export function parseCalendar({ freeze, schedule }: WrittenCalendar): Calendar {
  return { freeze: freeze.map(parseWindow), schedule: schedule.map(parseWindow) }
}

export function formatCalendar({ freeze, schedule }: Calendar): { freeze: string[]; schedule: string[] } {
  return { freeze: freeze.map(formatWindow), schedule: schedule.map(formatWindow) }
}

/** Why something must wait now. */
export interface Closure {
  readonly kind: 'frozen' | 'out of schedule'
  /** The first time at which no calendar is closed; absent where none is in sight. */
  readonly until?: Instant
  /** The window that closes, or the one that opens next. */
  readonly window: TimeWindow
}

/** `frozen (Fri 18:00 - Mon 08:00 Europe/Berlin) until 2026-11-30 07:00 UTC`. */
export function formatClosure({ kind, window, until }: Closure): string {
  const end = until === undefined ? 'with no end in sight' : `until ${formatMinute(until)}`
  return `${kind} (${formatWindow(window)}) ${end}`
}

/** A window of a week may have begun a week ago; a night, yesterday. */
const DAYS_BACK = { weekly: 8, daily: 2 } as const
const DAYS_AHEAD = 8
/** Windows that follow each other without a gap: more of them than this is as good as never. */
const MAX_TURNS = 20

/** Why what these calendars rule must wait; undefined where all of them are open. */
export function closureAt(calendars: readonly Calendar[], now: Instant): Closure | undefined {
  const first = closedBy(calendars, now)
  if (!first) return undefined
  const { kind, window } = first
  let next: ReturnType<typeof closedBy> = first
  for (let turn = 0; next && turn < MAX_TURNS; turn++) {
    if (next.until === undefined) return { kind, window }
    const closed = closedBy(calendars, next.until)
    if (!closed) return { kind, window, until: next.until }
    next = closed
  }
  return { kind, window }
}

/** The first calendar that is closed, and when that one window ends. */
function closedBy(calendars: readonly Calendar[], now: Instant): Closure | undefined {
  for (const { freeze, schedule } of calendars) {
    for (const window of freeze) {
      const end = openUntil(window, now)
      if (end !== undefined) return { kind: 'frozen', window, until: end }
    }
    if (schedule.length === 0 || schedule.some(window => openUntil(window, now) !== undefined)) continue
    let soonest: { readonly window: TimeWindow; readonly until?: Instant } = { window: schedule[0]! }
    for (const window of schedule) {
      const until = nextStart(window, now)
      if (until !== undefined && until < (soonest.until ?? Number.POSITIVE_INFINITY))
        soonest = { window, until }
    }
    return { kind: 'out of schedule', ...soonest }
  }
  return undefined
}

/** When the window ends that is open now; undefined where it is not open. */
function openUntil(window: TimeWindow, now: Instant): Instant | undefined {
  const ends = occurrences(window, now, 'begun').filter(({ from, to }) => from <= now && now < to)
  return ends.length > 0 ? (Math.max(...ends.map(({ to }) => to)) as Instant) : undefined
}

function nextStart(window: TimeWindow, now: Instant): Instant | undefined {
  return occurrences(window, now, 'ahead').find(({ from, to }) => from > now && to > from)?.from
}

/** In order, those that began in the days before now or begin in those after; of dates, the one there is. */
function occurrences(
  window: TimeWindow,
  now: Instant,
  which: 'begun' | 'ahead',
): readonly { readonly from: Instant; readonly to: Instant }[] {
  const between = (from: WallTime, to: WallTime) => ({
    from: instantOf(window.zone, from),
    to: instantOf(window.zone, to),
  })
  if (window.kind === 'dates') return [between(window.from, window.to)]
  const today = wallTimeAt(window.zone, now)
  const found: ReturnType<typeof between>[] = []
  const [first, last] = which === 'begun' ? [-DAYS_BACK[window.kind], 0] : [0, DAYS_AHEAD]
  for (let days = first; days <= last; days++) {
    const date = addDays(today, days)
    const weekday = weekdayOf(date)
    if (window.kind === 'weekly') {
      const { from, to } = window
      if (weekday !== from.day) continue
      const length = (to.day - from.day + 7) % 7 || (to.minute <= from.minute ? 7 : 0)
      found.push(between({ ...date, minute: from.minute }, { ...addDays(date, length), minute: to.minute }))
    } else if (window.days.some(day => day === weekday)) {
      const end = addDays(date, window.to <= window.from ? 1 : 0)
      found.push(between({ ...date, minute: window.from }, { ...end, minute: window.to }))
    }
  }
  return found
}
