import { headerOf } from '../../../frames/index.ts'
import type { RequestEnd, RequestStart } from '../trace.ts'

/** What a request's line is made of. */
export interface AccessEntry {
  readonly start: RequestStart
  readonly end: RequestEnd
  readonly requestId: string
  /** Epoch milliseconds when the request came. */
  readonly at: number
  readonly durationMs: number
  readonly traceId: string | undefined
  /** Part of the successful requests that are written; 1 is all. */
  readonly sample: number
}

/** Longer ones are cut: what a caller chooses must not fill the disk. */
const MAX_PATH = 512
const MAX_AGENT = 256

/**
 * One line of JSON. Members that have no value are left out; durations are milliseconds. The query of a path is left
 * out as well: some callers put secrets there.
 *
 *   {"time":"2026-11-27T10:00:00.000Z","request":"…","method":"POST","path":"/v2/models/digits/infer","status":200,
 *    "durationMs":1.204,"upstreamMs":0.981,"queueMs":0.1,"computeMs":0.52,"bytesIn":3136,"bytesOut":210,
 *    "model":"digits","environment":"production","version":7,"arm":"stable","replica":"rep_…","sends":1,
 *    "remote":"10.0.0.7","agent":"curl/8.5.0","token":"tok_…","trace":"4bf92f35…","sample":0.1}
 */
export function accessLine({ start, end, requestId, at, durationMs, traceId, sample }: AccessEntry): string {
  let line = `{"time":"${isoTime(at)}","request":"${requestId}"`
  line += text('method', start.method)
  line += text('path', withoutQuery(start.path))
  line += `,"status":${end.status}`
  line += text('code', end.code)
  line += `,"durationMs":${milliseconds(durationMs)}`
  if (end.upstreamMs !== undefined) line += `,"upstreamMs":${milliseconds(end.upstreamMs)}`
  if (end.answerHeaders !== undefined) line += replicaTimes(end.answerHeaders)
  line += number('bytesIn', end.bytesIn)
  line += number('bytesOut', end.bytesOut)
  line += text('model', end.model)
  line += text('environment', end.environment)
  line += number('version', end.version)
  line += text('arm', end.arm)
  line += text('replica', end.replica)
  line += number('sends', end.sends)
  line += text('remote', start.remoteAddress)
  line += text('agent', start.header('user-agent')?.slice(0, MAX_AGENT))
  line += text('token', end.token)
  line += text('trace', traceId)
  return sample < 1 ? `${line},"sample":${sample}}` : `${line}}`
}

/** In the place of lines that could not be written. */
export function gapLine(lost: number): string {
  return `{"time":"${isoTime(Date.now())}","lost":${lost}}`
}

function replicaTimes(headers: string): string {
  const times = (name: string, header: string): string => {
    const microseconds = Number(headerOf(headers, header) ?? Number.NaN)
    return Number.isFinite(microseconds) ? `,"${name}":${milliseconds(microseconds / 1000)}` : ''
  }
  return times('queueMs', 'queue-us') + times('computeMs', 'compute-us')
}

function text(name: string, value: string | undefined): string {
  if (value === undefined || value === '') return ''
  return PLAIN.test(value) ? `,"${name}":"${value}"` : `,"${name}":${JSON.stringify(value)}`
}

/** What JSON writes as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${value}`
}

/** To the microsecond. */
function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return (query < 0 ? path : path.slice(0, query)).slice(0, MAX_PATH)
}

let lastAt = 0
let lastText = ''

/** Many requests come in the same millisecond. */
function isoTime(at: number): string {
  const whole = Math.floor(at)
  if (whole !== lastAt) {
    lastAt = whole
    lastText = new Date(whole).toISOString()
  }
  return lastText
}
