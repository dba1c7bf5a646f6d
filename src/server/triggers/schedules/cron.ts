import { Cron } from 'croner'
import { formatDuration, type Instant, messageOf } from '../../../core/index.ts'
import { ServerError } from '../../errors.ts'

/** Five fields, or the name of a common one: seconds and years are for other things than pipelines. */
const PATTERN =
  /^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[0-9A-Za-z*,/?#-]+( +[0-9A-Za-z*,/?#-]+){4})$/
const MAX_PATTERN_LENGTH = 100
/** Of more frequent pipelines, one would wait for the other. */
const MIN_INTERVAL_MS = 5 * 60_000
/** A pattern repeats its gaps within a day of every hour; this many runs show the shortest. */
const SAMPLES = 60
/** More missed runs than this are told as `at least`. */
export const MAX_MISSED = 1000

/**
 * Checks a pattern and its time zone: readable, with a next run, and never more often than every five minutes.
 * Throws REQUEST_INVALID.
 */
export function checkCron(pattern: string, timeZone: string, now: Instant): void {
  if (pattern.length > MAX_PATTERN_LENGTH || !PATTERN.test(pattern))
    throw unreadable(
      pattern,
      'it is not minute, hour, day of month, month, day of week, nor a name such as @daily',
    )
  let at = nextRun(pattern, timeZone, now)
  if (at === undefined) throw unreadable(pattern, 'no such time ever comes')
  for (let sample = 0; sample < SAMPLES; sample++) {
    const next = nextRun(pattern, timeZone, at)
    if (next === undefined) return
    if (next - at < MIN_INTERVAL_MS)
      throw new ServerError('REQUEST_INVALID', {
        message: `'${pattern}' is due again after ${formatDuration(next - at)}`,
        hint: `Leave at least ${formatDuration(MIN_INTERVAL_MS)} between two runs, as */5 does.`,
      })
    at = next
  }
}

/** The first time after `after`. An hour that a change of clocks leaves out runs after it; one that it repeats, once. */
export function nextRun(pattern: string, timeZone: string, after: Instant): Instant | undefined {
  try {
    const next = new Cron(pattern, { timezone: timeZone, paused: true }).nextRun(new Date(after))
    return next ? (next.getTime() as Instant) : undefined
  } catch (cause) {
    const zone = isTimeZone(timeZone) ? undefined : `there is no time zone '${timeZone.slice(0, 60)}'`
    throw unreadable(pattern, zone ?? messageOf(cause).slice(0, 200))
  }
}

/** How many runs were due after `from`, up to `to`; MAX_MISSED at most. */
export function runsBetween(pattern: string, timeZone: string, from: Instant, to: Instant): number {
  let count = 0
  for (let at = nextRun(pattern, timeZone, from); at !== undefined && at <= to; count++) {
    if (count === MAX_MISSED) return count
    at = nextRun(pattern, timeZone, at)
  }
  return count
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

function unreadable(pattern: string, why: string): ServerError {
  return new ServerError('REQUEST_INVALID', {
    message: `'${pattern.slice(0, MAX_PATTERN_LENGTH)}' can't be a schedule: ${why}`,
    hint: "Such as '0 3 * * 1-5' with the time zone Europe/Berlin.",
  })
}
