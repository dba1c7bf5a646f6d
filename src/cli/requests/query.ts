import { BallastError, parseDuration } from '../../core/index.ts'

export interface Filter {
  readonly environment?: string
  readonly since?: string
  readonly until?: string
  readonly version?: number
  readonly labelled?: boolean
}

/** The path of a model's requests. `now`: epoch milliseconds. Throws TIME_INVALID. */
export function requestsPath(
  model: string,
  { environment, since, until, version, labelled }: Filter,
  more: Readonly<Record<string, string>> = {},
  now: number = Date.now(),
): string {
  const query = new URLSearchParams({
    ...(environment !== undefined && { environment }),
    ...(since !== undefined && { since: timeOf(since, now) }),
    ...(until !== undefined && { until: timeOf(until, now) }),
    ...(version !== undefined && { version: String(version) }),
    ...(labelled && { labelled: 'true' }),
    ...more,
  })
  return `/models/${encodeURIComponent(model)}/requests?${query}`
}

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** A day, a time, or how long ago: `2026-11-28`, `2026-11-28T10:00Z`, `2h`. Days begin in UTC. */
function timeOf(text: string, now: number): string {
  const at = DATE.test(text) ? Date.parse(text) : now - agoOf(text)
  if (Number.isFinite(at) && Math.abs(at) <= 8.64e15) return new Date(at).toISOString()
  throw invalid(text)
}

function agoOf(text: string): number {
  try {
    return parseDuration(text)
  } catch {
    throw invalid(text)
  }
}

function invalid(text: string): BallastError {
  return new BallastError('TIME_INVALID', {
    message: `Expected a time, found '${text}'`,
    hint: 'Such as 2026-11-28T10:00:00Z, 2026-11-28, or how long ago: 2h, 30m.',
  })
}
