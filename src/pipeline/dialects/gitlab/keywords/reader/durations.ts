import type { Milliseconds } from '../../../../../core/index.ts'
import { mismatch } from '../../../../yaml/place.ts'
import { type Reader, refine } from './reader.ts'
import { text } from './scalars.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY
/** GitLab counts thirty days as a month and 365.25 as a year. */
const MONTH = 30 * DAY
const YEAR = 365.25 * DAY

const UNITS: Readonly<Record<string, Milliseconds>> = {
  s: SECOND,
  sec: SECOND,
  secs: SECOND,
  second: SECOND,
  seconds: SECOND,
  m: MINUTE,
  min: MINUTE,
  mins: MINUTE,
  minute: MINUTE,
  minutes: MINUTE,
  h: HOUR,
  hr: HOUR,
  hrs: HOUR,
  hour: HOUR,
  hours: HOUR,
  d: DAY,
  dy: DAY,
  day: DAY,
  days: DAY,
  w: WEEK,
  wk: WEEK,
  wks: WEEK,
  week: WEEK,
  weeks: WEEK,
  mo: MONTH,
  mos: MONTH,
  mon: MONTH,
  month: MONTH,
  months: MONTH,
  y: YEAR,
  yr: YEAR,
  yrs: YEAR,
  year: YEAR,
  years: YEAR,
}

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS: Readonly<Record<string, number>> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
}
const JOINS = new Set(['and', 'with', 'plus', 'in', 'of'])
const MAX_LENGTH = 120

/**
 * A period as GitLab takes it. Undefined for what is none.
 *
 *   '42'                      42 seconds
 *   '3h 30m', '2h20min'
 *   'one hour', '3 weeks and 2 days', '47 yrs 6 mos and 4d'
 *   '1:30', '12:00:05'        minutes and hours before seconds
 */
export function parsePeriod(written: string): Milliseconds | undefined {
  const line = written.trim().toLowerCase()
  if (line === '' || line.length > MAX_LENGTH) return undefined
  if (/^\d+(:\d{1,2}){1,2}$/.test(line)) return clock(line)
  const words = line.match(/\d+(?:\.\d+)?|[a-z]+|[^\sa-z\d,-]/g) ?? []
  return total(words.filter(word => !JOINS.has(word)))
}

function clock(line: string): Milliseconds {
  return line.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * SECOND
}

/** Amounts, each before its unit; one without is of seconds. */
function total(words: readonly string[]): Milliseconds | undefined {
  let sum = 0
  let amount: number | undefined
  for (const word of words) {
    const number = numberOf(word)
    const tens = amount !== undefined && amount >= 20 && amount % 10 === 0
    if (number !== undefined && tens && number < 10 && ONES.includes(word)) {
      amount = amount! + number
    } else if (number !== undefined) {
      if (amount !== undefined) return undefined
      amount = number
    } else {
      const unit = Object.hasOwn(UNITS, word) ? UNITS[word] : undefined
      if (unit === undefined || amount === undefined) return undefined
      sum += amount * unit
      amount = undefined
    }
  }
  return words.length === 0 ? undefined : sum + (amount ?? 0) * SECOND
}

function numberOf(word: string): number | undefined {
  if (/^\d/.test(word)) return Number(word)
  const one = ONES.indexOf(word)
  if (one >= 0) return one
  if (word === 'a' || word === 'an') return 1
  return Object.hasOwn(TENS, word) ? TENS[word] : undefined
}

/** From `min` to `max`, as `bounds` says them. */
function period(min: Milliseconds, max: Milliseconds, bounds: string): Reader<Milliseconds> {
  const expected = "a period such as '30 minutes' or '1h 30m'"
  return refine(text({ expected, maxLength: MAX_LENGTH }), (written, node, place) => {
    const value = parsePeriod(written)
    if (value === undefined) return mismatch(node, place, expected)
    return value >= min && value <= max ? value : mismatch(node, place, `a period from ${bounds}`)
  })
}

/** A period, or `never`. */
function periodOrNever(max: Milliseconds, bounds: string): Reader<Milliseconds | 'never'> {
  const reader = period(0, max, bounds)
  const expected = `${reader.expected}, or never`
  return {
    expected,
    keywords: [],
    read: (node, place) =>
      node.kind === 'scalar' && node.value === 'never' ? 'never' : reader.read(node, place),
  }
}

/** GitLab's own bounds. */
export const jobTimeout: Reader<Milliseconds> = period(SECOND, MONTH, '1 second to 1 month')
/** As written. */
export const startIn: Reader<string> = refine(period(SECOND, WEEK, '1 second to 1 week'), (_delay, node) =>
  node.kind === 'scalar' ? node.text : undefined,
)
export const expiry: Reader<Milliseconds | 'never'> = periodOrNever(100 * YEAR, 'now to 100 years')

/** A period, `never`, or text with a variable, which is read once that is known. */
export const periodOrVariable: Reader<Milliseconds | 'never' | string> = {
  expected: `${expiry.expected}, or a variable`,
  keywords: [],
  read: (node, place) =>
    node.kind === 'scalar' && typeof node.value === 'string' && /^\$\{?\w{1,255}\}?$/.test(node.value)
      ? node.value
      : expiry.read(node, place),
}
