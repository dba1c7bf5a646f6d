import { accessLine } from './access-log/access-line.ts'
import type { Lines } from './access-log/lines.ts'
import type { RequestEnd, RequestStart, RequestTrace, Telemetry } from './trace.ts'
import type { SpanExporter } from './tracing/exporter.ts'
import { randomHex, requestIdOf } from './tracing/ids.ts'
import { type RequestSpan, spansOf } from './tracing/request-spans.ts'
import { readTraceparent, readTracestate, traceparentOf } from './tracing/traceparent.ts'

export interface Tracing {
  readonly exporter: SpanExporter
  /** Part of the requests, of those that come without a trace, that begin one. A caller's trace keeps its own choice. */
  readonly sample: number
}

export interface AccessLog {
  readonly lines: Lines
  /** Part of the successful requests that are written. All others are. */
  readonly sample: number
}

export interface Following {
  readonly accessLog?: AccessLog | undefined
  readonly tracing?: Tracing | undefined
}

/** For spans that are under way when a gateway ends. */
const EXPORT_LIMIT_MS = 3000

/** Follows each request by id: into the access log, and to an OpenTelemetry collector. */
export class RequestTelemetry implements Telemetry {
  readonly #following: Following

  constructor(following: Following) {
    this.#following = following
  }

  begin(start: RequestStart): RequestTrace {
    return new Followed(start, this.#following)
  }

  async close(): Promise<void> {
    const { accessLog, tracing } = this.#following
    await Promise.all([accessLog?.lines.close(), tracing?.exporter.close(EXPORT_LIMIT_MS)])
  }
}

class Followed implements RequestTrace {
  readonly requestId: string
  readonly frameHeaders: string
  readonly #start: RequestStart
  readonly #following: Following
  readonly #cameAt = performance.now()
  /** The caller's, also of a request that is not sampled. */
  readonly traceId: string | undefined
  readonly #span: RequestSpan | undefined

  constructor(start: RequestStart, following: Following) {
    this.#start = start
    this.#following = following
    this.requestId = requestIdOf(start.header('x-request-id'))
    const parent = readTraceparent(start.header('traceparent'))
    const { tracing } = following
    const sampled = tracing !== undefined && (parent?.sampled ?? Math.random() < tracing.sample)
    if (!sampled) {
      this.traceId = parent?.traceId
      this.frameHeaders = ''
      return
    }
    this.#span = {
      traceId: parent?.traceId ?? randomHex(16),
      spanId: randomHex(8),
      upstreamSpanId: randomHex(8),
      parentSpanId: parent?.spanId,
      traceState: parent && readTracestate(start.header('tracestate')),
    }
    this.traceId = this.#span.traceId
    this.frameHeaders = `traceparent: ${traceparentOf(this.traceId, this.#span.upstreamSpanId)}\n`
  }

  end(end: RequestEnd): void {
    const durationMs = performance.now() - this.#cameAt
    const now = Date.now()
    this.#log(end, now - durationMs, durationMs)
    if (this.#span === undefined) return
    const { requestId } = this
    const spans = spansOf(this.#span, { start: this.#start, end, requestId, from: now - durationMs, to: now })
    this.#following.tracing?.exporter.add(spans)
    if (end.status < 300 && end.upstreamMs !== undefined) {
      end.series?.exemplar(end.upstreamMs * 1000, this.#span.traceId, now)
    }
  }

  #log(end: RequestEnd, at: number, durationMs: number): void {
    const { accessLog } = this.#following
    if (accessLog === undefined) return
    const { lines, sample } = accessLog
    const well = end.status < 400
    if (well && sample < 1 && Math.random() >= sample) return
    lines.add(
      accessLine({
        start: this.#start,
        end,
        requestId: this.requestId,
        at,
        durationMs,
        traceId: this.traceId,
        sample: well ? sample : 1,
      }),
    )
  }
}
