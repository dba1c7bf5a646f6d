import { InferenceError } from '../../../errors.ts'

/** Where spans go, by the variables that every OpenTelemetry program knows. */
export interface OtlpSettings {
  /** Whole URL of the signal: `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly gzip: boolean
  /** `service.name` is always there. */
  readonly resource: Readonly<Record<string, string>>
  readonly maxQueue: number
  readonly maxBatch: number
  readonly delayMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const SERVICE = 'ballast-gateway'
const MAX_QUEUE = 2048
const MAX_BATCH = 512
const DELAY_MS = 5000
const TIMEOUT_MS = 10_000
/** Beyond, a mistake. */
const MOST = 1_000_000

/**
 * Reads OTEL_EXPORTER_OTLP_ENDPOINT and friends; the variables of traces (`…_TRACES_…`) go before. Undefined where no
 * endpoint is named, or tracing is turned off. Throws TELEMETRY_INVALID.
 *
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter, https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
 */
export function otlpSettings(env: Environment): OtlpSettings | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none')
    return undefined
  const url = endpointOf(env)
  if (url === undefined) return undefined
  const protocol = signal(env, 'PROTOCOL')
  if (protocol === 'grpc') {
    throw invalid(
      'OTEL_EXPORTER_OTLP_PROTOCOL is grpc',
      'Spans are sent as http/json: name the HTTP port of the collector, 4318.',
    )
  }
  return {
    url,
    headers: pairs('OTEL_EXPORTER_OTLP_HEADERS', signal(env, 'HEADERS')),
    timeoutMs: whole(
      env,
      'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      whole(env, 'OTEL_EXPORTER_OTLP_TIMEOUT', TIMEOUT_MS),
    ),
    gzip: signal(env, 'COMPRESSION') === 'gzip',
    resource: resourceOf(env),
    maxQueue: whole(env, 'OTEL_BSP_MAX_QUEUE_SIZE', MAX_QUEUE),
    maxBatch: whole(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', MAX_BATCH),
    delayMs: whole(env, 'OTEL_BSP_SCHEDULE_DELAY', DELAY_MS),
  }
}

function endpointOf(env: Environment): string | undefined {
  const own = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
  const common = env['OTEL_EXPORTER_OTLP_ENDPOINT']
  const text = own || (common ? `${common.replace(/\/+$/, '')}/v1/traces` : undefined)
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href
  throw invalid(
    `OTEL_EXPORTER_OTLP_ENDPOINT is '${text.slice(0, 200)}', no URL`,
    'Write it such as http://127.0.0.1:4318.',
  )
}

function signal(env: Environment, name: string): string | undefined {
  return env[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined
}

function resourceOf(env: Environment): Readonly<Record<string, string>> {
  const attributes = pairs('OTEL_RESOURCE_ATTRIBUTES', env['OTEL_RESOURCE_ATTRIBUTES'])
  const name = env['OTEL_SERVICE_NAME'] || attributes['service.name'] || SERVICE
  return { ...attributes, 'service.name': name }
}

/** `key=value,key=value`, percent-encoded, as W3C Baggage writes it. */
function pairs(variable: string, text: string | undefined): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null)
  for (const pair of (text ?? '').split(',')) {
    if (pair.trim() === '') continue
    const equals = pair.indexOf('=')
    const key = pair.slice(0, equals).trim()
    // Not the pair itself: headers hold secrets.
    if (equals < 1 || key === '')
      throw invalid(`${variable} has a part without '='`, 'Write key=value,key=value.')
    found[key] = decoded(variable, pair.slice(equals + 1).trim())
  }
  return found
}

function decoded(variable: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(`${variable} has a value that is not percent-encoded`, 'Write % as %25.')
  }
}

/** As the specification says, what is no number is as if it were not there. */
function whole(env: Environment, name: string, otherwise: number): number {
  const text = env[name]
  const value = text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0
  return value >= 1 && value <= MOST ? value : otherwise
}

function invalid(message: string, hint: string): InferenceError {
  return new InferenceError('TELEMETRY_INVALID', { message, hint })
}
