import { headerOf } from '../../../frames/index.ts'
import type { RequestEnd, RequestStart } from '../trace.ts'
import { randomHex } from './ids.ts'
import type { Attributes, Span } from './span.ts'

/** A sampled request: its place in its trace. */
export interface RequestSpan {
  readonly traceId: string
  readonly spanId: string
  /** Of the call of the replica: the parent of whatever the replica does. */
  readonly upstreamSpanId: string
  readonly parentSpanId: string | undefined
  readonly traceState: string | undefined
}

interface Timed {
  readonly start: RequestStart
  readonly end: RequestEnd
  readonly requestId: string
  /** Epoch milliseconds. */
  readonly from: number
  readonly to: number
}

/**
 * The spans of a request that has ended, by the semantic conventions of HTTP:
 *
 *   POST /v2/models/{model}/infer     the request
 *     predict digits                  the call of the replica
 *       queue, compute                what the replica says of it
 *
 * A replica tells durations, not instants: queue and compute are put in the middle of the call, one after the other.
 */
export function spansOf(own: RequestSpan, timed: Timed): readonly Span[] {
  const { start, end, from, to } = timed
  const route = routeOf(start.path)
  const server: Span = {
    traceId: own.traceId,
    spanId: own.spanId,
    parentSpanId: own.parentSpanId,
    traceState: own.traceState,
    name: `${start.method} ${route}`,
    kind: 'server',
    from,
    to,
    failed: end.status >= 500,
    attributes: serverAttributes(timed, route),
  }
  return end.upstreamMs === undefined ? [server] : [server, ...upstreamSpans(own, end, from, to)]
}

function serverAttributes({ start, end, requestId }: Timed, route: string): Attributes {
  const query = start.path.indexOf('?')
  return {
    'http.request.method': start.method,
    'http.route': route,
    'url.path': (query < 0 ? start.path : start.path.slice(0, query)).slice(0, 512),
    'url.scheme': start.secure ? 'https' : 'http',
    'http.response.status_code': end.status,
    'http.request.body.size': end.bytesIn,
    'http.response.body.size': end.bytesOut,
    'client.address': start.remoteAddress || undefined,
    'user_agent.original': start.header('user-agent')?.slice(0, 256),
    'error.type': end.status >= 500 ? (end.code ?? String(end.status)) : undefined,
    'ballast.request.id': requestId,
    'ballast.error.code': end.code,
    ...modelAttributes(end),
  }
}

function modelAttributes({ model, environment, version, arm }: RequestEnd): Attributes {
  return {
    'ballast.model': model,
    'ballast.environment': environment,
    'ballast.model.version': version,
    'ballast.arm': arm,
  }
}

function upstreamSpans(own: RequestSpan, end: RequestEnd, cameAt: number, endedAt: number): readonly Span[] {
  const { traceId, traceState, spanId, upstreamSpanId } = own
  const from = Math.max(cameAt, endedAt - (end.upstreamMs ?? 0))
  const common = { traceId, traceState, failed: false, attributes: {} }
  const call: Span = {
    ...common,
    spanId: upstreamSpanId,
    parentSpanId: spanId,
    name: `predict ${end.model ?? ''}`.trim(),
    kind: 'client',
    from,
    to: endedAt,
    failed: end.status >= 500,
    attributes: {
      ...modelAttributes(end),
      'ballast.replica': end.replica,
      'ballast.sends': end.sends,
      'error.type': end.status >= 500 ? (end.code ?? String(end.status)) : undefined,
    },
  }
  const queue = replicaTime(end, 'queue-us')
  const compute = replicaTime(end, 'compute-us')
  if (queue === undefined || compute === undefined) return [call]
  const queueFrom = from + Math.max(0, endedAt - from - queue - compute) / 2
  const inner = (name: string, at: number, ms: number): Span => ({
    ...common,
    spanId: randomHex(8),
    parentSpanId: upstreamSpanId,
    name,
    kind: 'internal',
    from: at,
    to: at + ms,
  })
  return [call, inner('queue', queueFrom, queue), inner('compute', queueFrom + queue, compute)]
}

/** Milliseconds that the replica tells, never more than its call took. */
function replicaTime({ answerHeaders, upstreamMs }: RequestEnd, name: string): number | undefined {
  const text = answerHeaders === undefined ? undefined : headerOf(answerHeaders, name)
  const microseconds = Number(text ?? Number.NaN)
  return microseconds >= 0 ? Math.min(microseconds / 1000, upstreamMs ?? 0) : undefined
}

/** Names in a path as their places, so that there are few names of spans: `/v2/models/{model}/infer`. */
export function routeOf(path: string): string {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  const model = MODEL_ROUTE.exec(plain)
  if (model !== null) {
    const [, root, version, what = ''] = model
    return `${root}{model}${version === undefined ? '' : '/versions/{version}'}${what}`
  }
  const loading = REPOSITORY_ROUTE.exec(plain)
  if (loading !== null) return `/v2/repository/models/{model}/${loading[1]}`
  return OTHER_ROUTES.test(plain) ? plain : '/'
}

const MODEL_ROUTE = /^(\/v[12]\/models\/)[^/:]+(\/versions\/[^/:]+)?([/:][a-z_]{1,20})?$/
const REPOSITORY_ROUTE = /^\/v2\/repository\/models\/[^/:]+\/(load|unload)$/
/** The last is gRPC's: `/inference.GRPCInferenceService/ModelInfer`. */
const OTHER_ROUTES =
  /^(?:\/v2(?:\/repository\/index|\/health\/(?:live|ready))?|\/metrics|\/inference\.GRPCInferenceService\/[A-Za-z]{1,40})$/
