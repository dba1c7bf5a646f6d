/** An attribute's value. Whole numbers are integers to OpenTelemetry. */
export type AttributeValue = string | number | boolean
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

export type SpanKind = 'internal' | 'server' | 'client'

/** A piece of work that has ended. Times are epoch milliseconds with a fraction. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly traceState: string | undefined
  readonly name: string
  readonly kind: SpanKind
  readonly from: number
  readonly to: number
  readonly failed: boolean
  readonly attributes: Attributes
}
