import { join } from 'node:path'
import { type Logger, messageOf } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import { gapLine } from './access-log/access-line.ts'
import { Lines, type LineTarget } from './access-log/lines.ts'
import { RollingFile } from './access-log/rolling-file.ts'
import { StreamTarget } from './access-log/stream.ts'
import type { Registry } from './registry.ts'
import { type AccessLog, RequestTelemetry, type Tracing } from './telemetry.ts'
import type { Telemetry } from './trace.ts'
import { SpanExporter } from './tracing/exporter.ts'
import { type OtlpSettings, otlpSettings } from './tracing/settings.ts'

/** Where requests are written down. */
export interface TelemetryOptions {
  /** A file, `-` for standard output, undefined for no log. */
  readonly accessLog?: string | undefined
  /** Part of the successful requests that are logged; default 1. */
  readonly accessLogSample?: number | undefined
  /** Of one file; default 64 MiB. */
  readonly accessLogBytes?: number | undefined
  /** Part of the requests without a trace of their own that begin one; default by OTEL_TRACES_SAMPLER, else 1. */
  readonly traceSample?: number | undefined
}

export interface TelemetryWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly logger: Logger
  /** Takes the counts of what was lost. */
  readonly registry: Registry
}

const ACCESS_LOG_BYTES = 64 * 2 ** 20
const ACCESS_LOGS_KEPT = 4

/** Name of the access log in a gateway's data folder. */
export function defaultAccessLog(dataDir: string): string {
  return join(dataDir, 'access.log')
}

export function openTelemetry(options: TelemetryOptions, world: TelemetryWorld): Telemetry {
  const accessLog =
    options.accessLog === undefined ? undefined : openAccessLog(options.accessLog, options, world)
  return new RequestTelemetry({ accessLog, tracing: openTracing(options, world) })
}

function openAccessLog(
  where: string,
  options: TelemetryOptions,
  { logger, registry }: TelemetryWorld,
): AccessLog {
  const { accessLogSample = 1, accessLogBytes = ACCESS_LOG_BYTES } = options
  const target: LineTarget =
    where === '-'
      ? new StreamTarget(process.stdout)
      : new RollingFile(where, { maxBytes: accessLogBytes, kept: ACCESS_LOGS_KEPT })
  const lines = new Lines(target, {
    gap: gapLine,
    onProblem: (problem, lost) =>
      lost === 0
        ? logger.info({ where }, 'the access log is written again')
        : logger.warn({ where, lost, reason: messageOf(problem) }, 'the access log could not be written'),
  })
  registry.counted('ballast_access_log_lost_lines', 'Lines that could not be written.', [], () => [
    { labels: [], value: lines.lost },
  ])
  return { lines, sample: accessLogSample }
}

function openTracing(
  options: TelemetryOptions,
  { env, version, logger, registry }: TelemetryWorld,
): Tracing | undefined {
  const settings = settingsOf(env, logger)
  if (settings === undefined) return undefined
  const collector = new URL(settings.url).host
  const exporter = new SpanExporter({
    settings: { ...settings, resource: { 'service.version': version, ...settings.resource } },
    scope: { name: 'ballast', version },
    onProblem: reason =>
      reason === undefined
        ? logger.info({ collector }, 'spans are taken again')
        : logger.warn({ collector, reason }, 'the OpenTelemetry collector did not take spans'),
  })
  registry.counted('ballast_spans', 'Spans since the start, by what became of them.', ['outcome'], () => [
    { labels: ['exported'], value: exporter.exported },
    { labels: ['dropped'], value: exporter.dropped },
  ])
  return { exporter, sample: options.traceSample ?? sampleOf(env) }
}

/** A variable that can't be read is no reason not to serve: the log says so. */
function settingsOf(env: TelemetryWorld['env'], logger: Logger): OtlpSettings | undefined {
  try {
    return otlpSettings(env)
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error
    const { code, message, hint } = error
    logger.error({ code, reason: message, hint }, 'no spans are sent')
    return undefined
  }
}

/** OTEL_TRACES_SAMPLER, with OTEL_TRACES_SAMPLER_ARG as the ratio. A caller's choice goes before in any case. */
function sampleOf(env: TelemetryWorld['env']): number {
  const sampler = env['OTEL_TRACES_SAMPLER'] ?? ''
  if (sampler.endsWith('always_off')) return 0
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? Number.NaN)
  return sampler.endsWith('traceidratio') && ratio >= 0 && ratio <= 1 ? ratio : 1
}
