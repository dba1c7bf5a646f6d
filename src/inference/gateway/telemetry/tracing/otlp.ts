import type { Attributes, AttributeValue, Span, SpanKind } from './span.ts'

/**
 * OTLP's JSON form of an ExportTraceServiceRequest: ids as hex, 64-bit numbers as decimal strings, enumerations as
 * numbers, names in lowerCamelCase. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
const KIND: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 }
const STATUS_ERROR = 2
/** `flags`: sampled, and that whether the parent is remote is known; whether it is. */
const SAMPLED = 0x001
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

export interface Scope {
  readonly name: string
  readonly version: string
}

export function traceRequest(spans: readonly Span[], resource: Attributes, scope: Scope): string {
  return JSON.stringify({
    resourceSpans: [
      { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans: spans.map(spanJson) }] },
    ],
  })
}

function spanJson(span: Span): object {
  const remote = span.kind === 'server' && span.parentSpanId !== undefined
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.traceState === undefined ? {} : { traceState: span.traceState }),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    flags: SAMPLED | HAS_IS_REMOTE | (remote ? IS_REMOTE : 0),
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: nanoseconds(span.from),
    endTimeUnixNano: nanoseconds(Math.max(span.from, span.to)),
    attributes: keyValues(span.attributes),
    status: span.failed ? { code: STATUS_ERROR } : {},
  }
}

/** A double holds today's nanoseconds to some hundred only; milliseconds and their fraction are apart. */
function nanoseconds(at: number): string {
  const whole = Math.floor(at)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((at - whole) * 1e6)))
}

function keyValues(attributes: Attributes): object[] {
  const values: object[] = []
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined) values.push({ key, value: anyValue(value) })
  }
  return values
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
