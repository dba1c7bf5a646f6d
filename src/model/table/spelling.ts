/**
 * Cells that count as missing where a column does not say otherwise: those that pandas reads as NaN, so that a table
 * means the same here as where the model was trained.
 */
export const MISSING_SPELLINGS: readonly string[] = [
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/
const INTEGER = /^[+-]?\d{1,20}$/
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15
/** A number has fewer characters; longer ones would cost time, and are text. */
const MAX_NUMBER_LENGTH = 400

const TRUTH: ReadonlyMap<string, 0 | 1> = new Map([
  ...(['true', 't', 'yes', 'y', '1', '1.0'] as const).map(word => [word, 1] as const),
  ...(['false', 'f', 'no', 'n', '0', '0.0'] as const).map(word => [word, 0] as const),
])

/** A finite number, as in `-1.5e3`; undefined for other text. */
export function numberOf(text: string): number | undefined {
  if (text.length > MAX_NUMBER_LENGTH || !NUMBER.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** A whole number, exactly: a bigint where a double might not hold it. `3.0` is whole; undefined for other text. */
export function integerOf(text: string): number | bigint | undefined {
  if (INTEGER.test(text) && text.length > EXACT_DIGITS) return BigInt(text.replace(/^\+/, ''))
  const number = numberOf(text)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

/** `true`, `yes`, `1` and their opposites, in any case. */
export function truthOf(text: string): 0 | 1 | undefined {
  return text.length > 5 ? undefined : TRUTH.get(text.toLowerCase())
}

const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:Z|([+-])(\d{2}):?(\d{2}))?)?$/
const DAY_SECONDS = 86_400

/**
 * Seconds since 1970-01-01 UTC of an ISO 8601 date, with or without a time; one without a zone is UTC. Undefined
 * for other text, and for days that no calendar has.
 */
export function secondsOf(text: string): number | undefined {
  const found = text.length > 40 ? null : DATE.exec(text)
  if (!found) return undefined
  const [year, month, day, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(part => (part === undefined ? undefined : Number(part)))
  const date = new Date(0)
  date.setUTCFullYear(year!, month! - 1, day)
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return undefined
  const [zoneHours, zoneMinutes] = [Number(found[9] ?? 0), Number(found[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined
  const ahead = (found[8] === '-' ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60)
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second + Number(found[7] ?? 0) - ahead
}

/** Whole days since 1970-01-01 UTC. */
export function daysOf(text: string): number | undefined {
  const seconds = secondsOf(text)
  return seconds === undefined ? undefined : Math.floor(seconds / DAY_SECONDS)
}
