import type { Milliseconds } from '../../../core/index.ts'
import { headerOf, type ResponseFrame } from '../../frames/index.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import type { Body } from '../front/body.ts'
import { groupOf } from '../traffic/sticky.ts'
import { type Content, type ContentRule, contentOf } from './content/content.ts'
import type { LogRule } from './rule.ts'

/** A request as it is written down: held from its end until then. */
export interface Taken {
  readonly rule: LogRule
  readonly requestId: string
  /** Epoch milliseconds when it came. */
  readonly at: number
  readonly environment: string
  readonly model: string
  readonly versionId: string | undefined
  readonly version: number | undefined
  readonly arm: string | undefined
  /** By lot or affinity, so that a rollout counts it. */
  readonly drawn: boolean
  /** Where its caller stands: uniform in [0, 1). */
  readonly draw: number
  readonly status: number
  readonly code: string | undefined
  readonly ms: Milliseconds
  readonly upstreamMs: Milliseconds | undefined
  readonly protocol: ProtocolName
  /** Id of the token that asked. */
  readonly token: string | undefined
  readonly traceId: string | undefined
  /** Undefined for a mirror's: its primary has the same. */
  readonly request: Request | undefined
  readonly answer: ResponseFrame | undefined
}

export interface Request {
  readonly body: Body
  header(name: string): string | undefined
}

/** What it holds while it waits. */
export function heldBytes({ request, answer }: Taken): number {
  return 1024 + (request?.body.bytes ?? 0) + (answer?.body.length ?? 0)
}

/**
 * A line of the log. Headers are not in it: some are secrets.
 *
 *   {"id":"…","at":"2026-11-28T10:00:00.000Z","environment":"production","model":"digits","versionId":"ver_…","version":7,
 *    "arm":"stable","rollout":{"id":"rol_…","step":0},"status":200,"ms":1.204,"upstreamMs":0.981,"protocol":"oip",
 *    "token":"tok_…","trace":"4bf9…","request":{"json":{…}},"answer":{"json":{…}},"decided":[{"index":7}]}
 */
export function recordOf(taken: Taken): string {
  const { requestId, at, environment, model, rule } = taken
  let line = `{"id":"${requestId}","at":"${new Date(at).toISOString()}","environment":"${environment}","model":"${model}"`
  line += text('versionId', taken.versionId)
  if (taken.version !== undefined) line += `,"version":${taken.version}`
  line += text('arm', taken.arm)
  if (taken.drawn && rule.rollout !== undefined) {
    line += `,"rollout":${JSON.stringify(rule.rollout)}`
    if (rule.groups !== undefined) line += `,"group":${groupOf(taken.draw, rule.groups)}`
  }
  line += `,"status":${taken.status}`
  line += text('code', taken.code)
  line += `,"ms":${toMicroseconds(taken.ms)}`
  if (taken.upstreamMs !== undefined) line += `,"upstreamMs":${toMicroseconds(taken.upstreamMs)}`
  line += `,"protocol":"${taken.protocol}"`
  line += text('token', taken.token)
  line += text('trace', taken.traceId)
  if (taken.request !== undefined) line += `,"request":${requestContent(taken.request, taken).json}`
  if (taken.answer === undefined) return `${line}}`
  const { json, decisions } = answerContent(taken.answer, taken)
  line += `,"answer":${json}`
  return decisions === undefined ? `${line}}` : `${line},"decided":${JSON.stringify(decisions)}}`
}

/** As `recordOf` begins a line: what callers sent stands behind it. */
const HEAD =
  /^\{"id":"[^"]*","at":"([^"]+)","environment":"[^"]*","model":"[^"]*"(?:,"versionId":"[^"]*")?(?:,"version":(\d+))?/

/** When a request came, in epoch milliseconds, and the version that took it; undefined for another line. */
export function headIn(
  json: string,
): { readonly at: number; readonly version: number | undefined } | undefined {
  const found = HEAD.exec(json)
  if (found === null) return undefined
  const [, at = '', version] = found
  return { at: Date.parse(at), version: version === undefined ? undefined : Number(version) }
}

export function requestContent(
  { body, header }: Request,
  { protocol, rule }: Pick<Taken, 'protocol'> & { readonly rule: ContentRule },
): Content {
  const jsonBytes = header('inference-header-content-length')
  return contentOf(
    {
      side: 'inputs',
      protocol,
      contentType: header('content-type'),
      contentEncoding: header('content-encoding'),
      jsonBytes: jsonBytes === undefined ? undefined : Number(jsonBytes),
      chunks: body.chunks,
      bytes: body.bytes,
    },
    rule,
  )
}

export function answerContent(
  { headers, body }: ResponseFrame,
  { protocol, rule }: Pick<Taken, 'protocol'> & { readonly rule: ContentRule },
): Content {
  const jsonBytes = headerOf(headers, 'inference-header-content-length')
  return contentOf(
    {
      side: 'outputs',
      // Replicas say why they refuse in text.
      protocol: protocol === 'grpc' && headerOf(headers, 'grpc-status') !== undefined ? 'plain' : protocol,
      contentType: headerOf(headers, 'content-type'),
      contentEncoding: undefined,
      jsonBytes: jsonBytes === undefined ? undefined : Number(jsonBytes),
      chunks: [body],
      bytes: body.length,
    },
    rule,
  )
}

function text(name: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : `,"${name}":${JSON.stringify(value)}`
}

function toMicroseconds(ms: Milliseconds): number {
  return Math.round(ms * 1000) / 1000
}
