import { CoreError } from '../core/index.ts'
import type { PredictionLimits } from './types.ts'

type Rate = NonNullable<PredictionLimits['rate']>
type Quota = NonNullable<PredictionLimits['quota']>

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 }
const MOST_REQUESTS = 1e12
/** What one gateway can't answer in a second, however small the model. */
const MOST_PER_SECOND = 1e6

/** `100/s`, `30/min`, `500/h`; as many may come at once, unless `burst` says otherwise. Throws UNIT_INVALID. */
export function parseRate(text: string, burst?: number): Rate {
  const [, amount = '', unit = ''] = /^\s*(\d{1,7})\s*\/\s*(s|min|h)\s*$/.exec(text) ?? []
  const perSecond = Number(amount) / (SECONDS[unit] ?? 1)
  const most = burst ?? Number(amount)
  if (
    perSecond > 0 &&
    perSecond <= MOST_PER_SECOND &&
    Number.isInteger(most) &&
    most >= 1 &&
    most <= MOST_PER_SECOND
  )
    return { perSecond, burst: most }
  throw invalid('a rate such as 100/s, 30/min or 500/h, and a burst from 1', text)
}

/** `1000000/day`, `5e6/month`. Throws UNIT_INVALID. */
export function parseQuota(text: string): Quota {
  const [, amount = '', per = ''] = /^\s*(\d+(?:e\d{1,2})?)\s*\/\s*(day|month)\s*$/.exec(text) ?? []
  const requests = Number(amount)
  if (Number.isInteger(requests) && requests >= 1 && requests <= MOST_REQUESTS)
    return { requests, per: per === 'day' ? 'day' : 'month' }
  throw invalid('a quota such as 1000000/day or 5e6/month', text)
}

/**
 * Whether a token's predictions are counted. Gateways count them; whatever else predicts for its owner would go around
 * them.
 */
export function isLimited({ rate, quota }: PredictionLimits = {}): boolean {
  return rate !== undefined || quota !== undefined
}

/** `100/s (burst 200), 1000000/day, priority 1`; `none`. */
export function formatLimits({ rate, quota, priority }: PredictionLimits = {}): string {
  const parts: string[] = []
  if (rate) parts.push(`${formatRate(rate)} (burst ${rate.burst})`)
  if (quota) parts.push(`${quota.requests}/${quota.per}`)
  if (priority !== undefined) parts.push(`priority ${priority}`)
  return parts.join(', ') || 'none'
}

/** In the shortest time that gives a whole number. */
function formatRate({ perSecond }: Rate): string {
  for (const [unit, seconds] of Object.entries(SECONDS)) {
    const amount = perSecond * seconds
    if (Math.abs(amount - Math.round(amount)) < 1e-6 && amount >= 1) return `${Math.round(amount)}/${unit}`
  }
  return `${perSecond}/s`
}

function invalid(expected: string, found: string): CoreError {
  return new CoreError('UNIT_INVALID', {
    message: `Expected ${expected}, found '${found.slice(0, 100)}'`,
    hint: 'Write the number, a slash, and the unit of time.',
  })
}
