import type { LabelValues } from './registry.ts'
import type { Exemplar } from './series.ts'

/**
 * Two ways to write the same metrics: what Prometheus always took, and OpenMetrics 1.0, which has exemplars.
 * https://prometheus.io/docs/instrumenting/exposition_formats, https://prometheus.io/docs/specs/om/open_metrics_spec
 */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

export const CONTENT_TYPE: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export interface Point {
  readonly labels: LabelValues
  readonly value: number
}

export interface HistogramPoint {
  readonly labels: LabelValues
  /** Cumulative, by bound, and +Inf at the end. */
  readonly buckets: readonly {
    readonly bound: number
    readonly below: number
    readonly exemplar?: Exemplar | undefined
  }[]
  readonly sum: number
  readonly count: number
}

interface Common {
  /** A counter's without `_total`; ends with the unit where there is one. */
  readonly name: string
  readonly help: string
  readonly unit?: 'seconds' | 'bytes' | undefined
  readonly labelNames: readonly string[]
}

export type Metric =
  | (Common & { readonly kind: 'counter' | 'gauge'; readonly points: Iterable<Point> })
  | (Common & { readonly kind: 'histogram'; readonly points: Iterable<HistogramPoint> })

/** The format that an `Accept` header likes best; Prometheus' own where it names neither. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  let [best, quality]: [ExpositionFormat, number] = ['prometheus', 0]
  for (const range of (accept ?? '').slice(0, 1000).split(',')) {
    const [type, ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const q = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? 1)
    const version = parameters.find(parameter => parameter.startsWith('version='))?.slice(8)
    const format = formatOf(type, version)
    if (format === undefined || !(q > quality)) continue
    best = format
    quality = q
  }
  return best
}

function formatOf(type: string | undefined, version: string | undefined): ExpositionFormat | undefined {
  if (type === 'application/openmetrics-text') {
    return version === undefined || version === '1.0.0' || version === '0.0.1' ? 'openmetrics' : undefined
  }
  return type === 'text/plain' ? 'prometheus' : undefined
}

export function write(metrics: readonly Metric[], format: ExpositionFormat): string {
  const lines: string[] = []
  for (const metric of metrics) writeMetric(metric, format, lines)
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function writeMetric(metric: Metric, format: ExpositionFormat, lines: string[]): void {
  const { name, kind, help, unit } = metric
  const sample = kind === 'counter' ? `${name}_total` : name
  const family = format === 'openmetrics' ? name : sample
  lines.push(`# TYPE ${family} ${kind}`)
  if (unit !== undefined && format === 'openmetrics') lines.push(`# UNIT ${family} ${unit}`)
  lines.push(`# HELP ${family} ${escaped(help, format)}`)
  if (metric.kind === 'histogram') {
    for (const point of metric.points) writeHistogram(metric, point, format, lines)
    return
  }
  for (const { labels, value } of metric.points) {
    lines.push(`${sample}${braces(metric.labelNames, labels)} ${numberText(value)}`)
  }
}

function writeHistogram(
  { name, labelNames }: Common,
  { labels, buckets, sum, count }: HistogramPoint,
  format: ExpositionFormat,
  lines: string[],
): void {
  const names = [...labelNames, 'le']
  for (const { bound, below, exemplar } of buckets) {
    const le = format === 'openmetrics' ? floatText(bound) : numberText(bound)
    const line = `${name}_bucket${braces(names, [...labels, le])} ${below}`
    lines.push(
      format === 'openmetrics' && exemplar !== undefined ? `${line} # ${exemplarText(exemplar)}` : line,
    )
  }
  const own = braces(labelNames, labels)
  lines.push(`${name}_sum${own} ${numberText(sum)}`, `${name}_count${own} ${count}`)
}

function exemplarText({ traceId, seconds, at }: Exemplar): string {
  return `{trace_id="${traceId}"} ${numberText(seconds)} ${numberText(at / 1000)}`
}

function braces(names: readonly string[], values: LabelValues): string {
  if (names.length === 0) return ''
  return `{${names.map((name, i) => `${name}="${escaped(values[i] ?? '', 'openmetrics')}"`).join(',')}}`
}

/** Backslash and line feed; the quote as well, but in a help text of Prometheus' format. */
function escaped(text: string, format: ExpositionFormat): string {
  const plain = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return format === 'openmetrics' ? plain.replace(/"/g, '\\"') : plain
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

/** As OpenMetrics writes bounds: `1.0`. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : numberText(value)
}
