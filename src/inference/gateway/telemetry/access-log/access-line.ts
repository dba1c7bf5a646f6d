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
  line += servedBy(end)
  line += number('sends', end.sends)
  line += text('remote', start.remoteAddress)
  line += agentText(start.header('user-agent'))
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

/** To the microsecond. Put together of whole numbers, which print faster than the shortest form of a double. */
function milliseconds(value: number): string {
  const microseconds = Math.max(0, Math.round(value * 1000))
  const whole = Math.floor(microseconds / 1000)
  const rest = microseconds % 1000
  return rest === 0 ? `${whole}` : `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`
}

/** Replicas whose text is remembered; a gateway has some. */
const MAX_REMEMBERED = 1000
const served = new Map<string, { readonly end: RequestEnd; readonly text: string }>()
const agents = new Map<string, string>()

/** Who answered: the same for each request of a replica in its arm. */
function servedBy(end: RequestEnd): string {
  const { model, environment, version, arm, replica = '' } = end
  const known = served.get(replica)
  if (
    known !== undefined &&
    known.end.model === model &&
    known.end.version === version &&
    known.end.arm === arm &&
    known.end.environment === environment
  ) {
    return known.text
  }
  const made =
    text('model', model) +
    text('environment', environment) +
    number('version', version) +
    text('arm', arm) +
    text('replica', replica)
  if (served.size >= MAX_REMEMBERED) served.clear()
  served.set(replica, { end: { status: 0, model, environment, version, arm }, text: made })
  return made
}

function agentText(agent: string | undefined): string {
  if (agent === undefined) return ''
  const known = agents.get(agent)
  if (known !== undefined) return known
  const made = text('agent', agent.slice(0, MAX_AGENT))
  // A long one is not kept: what callers send must not fill the memory.
  if (agents.size >= MAX_REMEMBERED) agents.clear()
  if (agent.length <= MAX_AGENT) agents.set(agent, made)
  return made
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
