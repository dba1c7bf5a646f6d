import { BallastError, formatDuration, parseDuration } from '../../core/index.ts'
import type { Measured } from './measure.ts'

/** What a service promises: that part of the answers within that time, and few errors. */
export interface Slo {
  /** 0.99 of p99. */
  readonly part: number
  readonly belowMs: number
  readonly text: string
}

/** Errors beyond break any promise. */
export const MAX_ERROR_SHARE = 0.001
/** A server that answers less than this share of what comes falls behind for ever. */
const MIN_ANSWERED_SHARE = 0.97

/** `p99<20ms`, `p99.9 < 1s`, `max<100ms`. Throws ARGUMENT_INVALID. */
export function parseSlo(text: string): Slo {
  const match = /^\s*(?:p(\d{1,2}(?:\.\d{1,3})?)|(max))\s*<\s*(.+?)\s*$/.exec(text)
  if (match === null) {
    throw new BallastError('ARGUMENT_INVALID', {
      message: `Expected a promise such as p99<20ms, found '${text}'`,
      hint: 'A percentile or max, <, and a duration.',
    })
  }
  const [, percentile, , duration = ''] = match
  return {
    part: percentile === undefined ? 1 : Number((Number(percentile) / 100).toFixed(5)),
    belowMs: parseDuration(duration),
    text,
  }
}

/** Undefined where it is kept, else what breaks it. */
export function brokenBy({ part, belowMs }: Slo, measured: Measured): string | undefined {
  const { intended, answered, latency, maxMs } = measured
  const failed = Object.values(measured.errors).reduce((sum, count) => sum + count, 0)
  if (failed > intended * MAX_ERROR_SHARE) return `${failed} of ${intended} failed`
  if (answered < intended * MIN_ANSWERED_SHARE) return `only ${answered} of ${intended} were answered`
  const value = part === 1 ? maxMs : latency.quantile(part)
  if (value < belowMs) return undefined
  return `${part === 1 ? 'max' : `p${Number((part * 100).toFixed(3))}`} is ${formatDuration(value)}`
}
