import { formatDuration, formatPercent, formatSize } from '../../core/index.ts'
import { bar, sparkline } from '../output/bar.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'
import type { Found, Trial } from './find.ts'
import type { Measured } from './measure.ts'
import type { Histogram } from './recorder.ts'
import type { Subject } from './subject.ts'

export interface Report {
  readonly subject: Pick<Subject, 'name' | 'what'>
  /** `200/s, poisson`, `32 at once`. */
  readonly how: string
  readonly measured: Measured
  readonly open: boolean
}

export const PERCENTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999] as const
/** Rows of the picture. */
const ROWS = 18
const BAR_WIDTH = 40
/** Columns of the timeline. */
const COLUMNS = 60

export function describeReport(report: Report, unicode: boolean): string {
  const { subject, how, measured, open } = report
  const lines = [
    `${clean(subject.name)}  (${clean(subject.what)}; ${how})`,
    '',
    countLine(measured),
    ...errorLines(measured),
    trafficLine(measured),
  ]
  if (measured.answered > 0) {
    lines.push('', picture(measured.latency, unicode), '', percentileTable(measured, open))
    if (measured.timeline.length > 2) lines.push('', ...timelineLines(measured, unicode))
  }
  return [...lines, ...warnings(report)].join('\n')
}

function countLine({ intended, answered, seconds }: Measured): string {
  const rate = seconds > 0 ? answered / seconds : 0
  return `${count(answered)} of ${count(intended)} answered in ${formatDuration(seconds * 1000)}: ${rateText(rate)} a second`
}

function errorLines({ errors, intended }: Measured): readonly string[] {
  return Object.entries(errors)
    .toSorted(([, a], [, b]) => b - a)
    .map(
      ([kind, times]) =>
        `  ${count(times)} × ${clean(kind)} (${formatPercent(times / Math.max(1, intended))})`,
    )
}

function trafficLine({ bytesIn, bytesOut, seconds, client }: Measured): string {
  const per = (bytes: number): string => `${formatSize(Math.round(bytes / Math.max(seconds, 1e-9)))}/s`
  return `sent ${per(bytesOut)}, received ${per(bytesIn)}, over ${client.connections} connections`
}

/** Latencies on a logarithmic scale: a row for each step, its bar, how many, and where the percentiles lie. */
export function picture(latency: Histogram, unicode: boolean): string {
  const filled = [...latency.filled()]
  const lowest = filled[0]!.upToMs
  const highest = filled.at(-1)!.upToMs
  const steps = Math.min(ROWS, Math.max(1, Math.ceil(Math.log(highest / lowest) / Math.log(1.1))))
  const factor = (highest / lowest) ** (1 / steps)
  const rows = Array.from({ length: steps + 1 }, (_, i) => ({ upToMs: lowest * factor ** i, count: 0 }))
  for (const { upToMs, count } of filled) {
    const row = Math.min(steps, Math.max(0, Math.ceil(Math.log(upToMs / lowest) / Math.log(factor) - 1e-9)))
    rows[Number.isFinite(row) ? row : 0]!.count += count
  }
  const most = rows.reduce((max, row) => Math.max(max, row.count), 0)
  const marks = PERCENTILES.map(part => ({ part, at: latency.quantile(part) }))
  return rows
    .map(({ upToMs, count: times }, i) => {
      const above = i === 0 ? 0 : rows[i - 1]!.upToMs
      const here = marks
        .filter(({ at }) => at > above && (at <= upToMs || i === steps))
        .map(({ part }) => nameOf(part))
      const drawn = bar(times / most, BAR_WIDTH, unicode)
      const name = formatDuration(upToMs).padStart(8)
      return `${name} ${unicode ? '│' : '|'}${drawn.padEnd(BAR_WIDTH)} ${count(times).padStart(9)}  ${here.join(' ')}`.trimEnd()
    })
    .join('\n')
}

function percentileTable({ latency, service, maxMs, meanMs }: Measured, open: boolean): string {
  const parts = PERCENTILES.filter(part => latency.count * (1 - part) >= 0.5)
  const head = ['', ...parts.map(nameOf), 'max', 'mean']
  const cells = (of: Histogram): string[] => parts.map(part => formatDuration(of.quantile(part)))
  const rows = [['latency', ...cells(latency), formatDuration(maxMs), formatDuration(meanMs)]]
  if (open) rows.push(['once sent', ...cells(service), '', ''])
  return table(head, rows)
}

function timelineLines({ timeline }: Measured, unicode: boolean): readonly string[] {
  const columns = Math.min(COLUMNS, timeline.length)
  const groups = Array.from({ length: columns }, (_, i) =>
    timeline.slice(
      Math.floor((i * timeline.length) / columns),
      Math.floor(((i + 1) * timeline.length) / columns),
    ),
  )
  const sum = (of: (second: Measured['timeline'][number]) => number) =>
    groups.map(group => group.reduce((total, second) => total + of(second), 0) / group.length)
  const p99 = groups.map(group =>
    group.reduce((max, { latency }) => Math.max(max, latency.count === 0 ? 0 : latency.quantile(0.99)), 0),
  )
  const answered = sum(second => second.answered)
  const failed = sum(second => second.failed)
  const most = (values: readonly number[]): number => values.reduce((max, value) => Math.max(max, value), 0)
  return [
    `answers  ${sparkline(answered, unicode)}  up to ${rateText(most(answered))} a second`,
    `p99      ${sparkline(p99, unicode)}  up to ${formatDuration(most(p99))}`,
    ...(most(failed) > 0
      ? [`errors   ${sparkline(failed, unicode)}  up to ${rateText(most(failed))} a second`]
      : []),
  ]
}

/** Beyond these the generator measures itself. */
const BUSY_CPU = 0.85
const LATE_MS = 5

export function clientIsLimit({ client }: Measured): boolean {
  return client.cpu > BUSY_CPU || client.lagP99Ms > LATE_MS
}

function warnings({ measured, open }: Report): readonly string[] {
  const { client, intended, answered } = measured
  const found: string[] = []
  if (clientIsLimit(measured)) {
    found.push(
      `warning: the load generator is the bottleneck (${formatPercent(client.cpu, 0)} of a processor, late by ${formatDuration(client.lagP99Ms)} at p99): use more --workers, or another machine`,
    )
  }
  if (open && answered < intended * 0.97) {
    found.push(
      'warning: fewer were answered than came: latencies grow with --duration; try a lower --rate, or --find',
    )
  }
  return found.length === 0 ? [] : ['', ...found]
}

/** Several endpoints beside each other, and how many times the first one's figure. */
export function describeComparison(reports: readonly Report[]): string {
  const [first] = reports
  const base = first!.measured
  const ratio = (value: number, of: number): string =>
    of > 0 && value > 0 ? `${(value / of).toFixed(2)} ×` : '–'
  const rows = reports.map(({ subject, measured }) => {
    const { latency, answered, seconds } = measured
    const errors = Object.values(measured.errors).reduce((sum, times) => sum + times, 0)
    const p99 = latency.quantile(0.99)
    return [
      clean(subject.name),
      rateText(answered / seconds),
      ratio(answered / seconds, base.answered / base.seconds),
      formatDuration(latency.quantile(0.5)),
      formatDuration(p99),
      ratio(p99, base.latency.quantile(0.99)),
      count(errors),
    ]
  })
  return table(['ENDPOINT', 'ANSWERS/S', '', 'P50', 'P99', '', 'ERRORS'], rows)
}

export function describeTrial({ rate, measured, broken }: Trial, unicode: boolean): string {
  const marks = unicode ? ['✓', '✗'] : ['ok', 'no']
  const figures = `p50 ${formatDuration(measured.latency.quantile(0.5))}, p99 ${formatDuration(measured.latency.quantile(0.99))}`
  return `${broken === undefined ? marks[0] : marks[1]} ${rateText(rate).padStart(8)}/s  ${figures}${broken === undefined ? '' : `  (${broken})`}`
}

export function describeFound(found: Found, promise: string): string {
  if (found.rate === 0) return `No rate keeps ${promise}.`
  return `${rateText(found.rate)} a second keep ${promise}.`
}

/** For machines: milliseconds, counts, requests a second. */
export function jsonOf({ subject, how, measured }: Report): object {
  const { latency, service, timeline, ...rest } = measured
  const percentiles = (of: Histogram) =>
    Object.fromEntries(PERCENTILES.map(part => [nameOf(part), of.count === 0 ? null : of.quantile(part)]))
  return {
    endpoint: subject.name,
    sent: subject.what,
    load: how,
    ...rest,
    rate: rest.seconds > 0 ? rest.answered / rest.seconds : 0,
    latencyMs: { ...percentiles(latency), max: rest.maxMs, mean: rest.meanMs },
    onceSentMs: percentiles(service),
    histogram: [...latency.filled()].map(({ upToMs, count }) => ({ upToMs, count })),
    timeline: timeline.map(({ answered, failed, latency }) => ({
      answered,
      failed,
      p50: latency.count === 0 ? null : latency.quantile(0.5),
      p99: latency.count === 0 ? null : latency.quantile(0.99),
    })),
    clientIsBottleneck: clientIsLimit(measured),
  }
}

function nameOf(part: number): string {
  return `p${Number((part * 100).toFixed(2))}`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

export function rateText(rate: number): string {
  return rate >= 100 ? count(Math.round(rate)) : String(Number(rate.toPrecision(3)))
}
