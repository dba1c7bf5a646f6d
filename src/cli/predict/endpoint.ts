import { BallastError, messageOf } from '../../core/index.ts'
import type { Input } from './inputs.ts'

/** A model somewhere on the network. */
export interface Endpoint {
  /** Up to the model's name: `http://127.0.0.1:7421/v2/models/digits`. */
  readonly model: string
  /** The whole of what is asked, where the caller named it. */
  readonly exact?: string
}

export interface EndpointOptions {
  readonly version?: number | undefined
  readonly environment?: string | undefined
  readonly token?: string | undefined
}

export interface Asked {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  readonly headers: Headers
  readonly ms: number
}

const PATH = /^(.*?)\/v2\/models\/([^/]+)(?:\/versions\/(\d+))?(?:\/(infer|predict))?\/?$/

/**
 * A URL of a gateway, with the model in it or beside it:
 *
 *   endpointOf('http://127.0.0.1:7421', 'digits')
 *   endpointOf('http://127.0.0.1:7421/v2/models/digits')
 *   endpointOf('http://127.0.0.1:7421/v2/models/digits/infer')    asks there, whatever the input is
 *
 * Throws URL_INVALID.
 */
export function endpointOf(text: string, model?: string, version?: number): Endpoint {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(text)
  const match = PATH.exec(url.pathname)
  if (match === null && model === undefined) {
    if (/^\/v1\/models\/[^/]+:\w+$/.test(url.pathname)) return { model: url.href, exact: url.href }
    throw invalid(text)
  }
  const root = `${url.origin}${match === null ? url.pathname.replace(/\/+$/, '') : match[1]}`
  const name = match === null ? encodeURIComponent(model!) : match[2]
  const asked = version ?? match?.[3]
  const base = `${root}/v2/models/${name}${asked === undefined ? '' : `/versions/${asked}`}`
  return match?.[4] === undefined ? { model: base } : { model: base, exact: `${base}/${match[4]}` }
}

/** Headers that go with every prediction. */
export function headersFor(
  { environment, token }: EndpointOptions,
  timeoutMs: number,
): Record<string, string> {
  return {
    ...(environment !== undefined && { 'ballast-environment': environment }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    'ballast-timeout-ms': String(Math.ceil(timeoutMs)),
  }
}

/** The gateway's own limit comes first, and says more. */
const GRACE_MS = 1000

/** Throws PREDICTION_REFUSED, GATEWAY_UNREACHABLE. */
export async function askEndpoint(
  endpoint: Endpoint,
  { path, body, headers }: Pick<Input, 'path' | 'body' | 'headers'>,
  options: EndpointOptions,
  timeoutMs: number,
): Promise<Asked> {
  const url = endpoint.exact ?? `${endpoint.model}/${path}`
  const started = performance.now()
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, ...headersFor(options, timeoutMs) },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(timeoutMs + GRACE_MS),
    })
    const answer = Buffer.from(await response.arrayBuffer())
    const ms = performance.now() - started
    const contentType = response.headers.get('content-type') ?? ''
    return checked({ status: response.status, contentType, body: answer, headers: response.headers, ms })
  } catch (cause) {
    if (cause instanceof BallastError) throw cause
    throw unreachable(url, timeoutMs, cause)
  }
}

/** Throws PREDICTION_REFUSED, with what the server says, where the status is an error's. */
export function checked<Answer extends Pick<Asked, 'status' | 'body'>>(answer: Answer): Answer {
  const { status, body } = answer
  if (status < 400) return answer
  const { error, hint } = refusalOf(body)
  throw new BallastError('PREDICTION_REFUSED', {
    message: `The model's server answered ${status}: ${error}`,
    hint: hint ?? HINTS.get(status) ?? 'Check the model and its input.',
    details: { status },
  })
}

const HINTS: ReadonlyMap<number, string> = new Map([
  [401, 'Give a token of the scope predict with --token-file.'],
  [403, 'The token needs the scope predict and a role in the project.'],
  [404, 'Check the name of the model, and --environment.'],
])

function refusalOf(body: Buffer): { readonly error: string; readonly hint?: string } {
  const text = body.toString('utf8', 0, 2000)
  try {
    const { error, hint } = JSON.parse(body.toString('utf8')) as {
      readonly error?: unknown
      readonly hint?: unknown
    }
    return {
      error: typeof error === 'string' ? error : text,
      ...(typeof hint === 'string' && hint !== '' && { hint }),
    }
  } catch {
    return { error: text.trim() || 'nothing' }
  }
}

function unreachable(url: string, timeoutMs: number, cause: unknown): BallastError {
  const slow = cause instanceof Error && cause.name === 'TimeoutError'
  const reason =
    cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause)
  return new BallastError('GATEWAY_UNREACHABLE', {
    message: slow ? `${url} gave no answer within ${timeoutMs} ms` : `Could not reach ${url}: ${reason}`,
    hint: slow ? 'Give it more time with --timeout.' : hintFor(cause),
    cause,
  })
}

function hintFor(cause: unknown): string {
  const code =
    cause instanceof Error && cause.cause instanceof Error && 'code' in cause.cause && cause.cause.code
  return typeof code === 'string' && /CERT|SIGNATURE/.test(code)
    ? 'NODE_EXTRA_CA_CERTS=<file.pem> names a certificate of your own that is to be trusted.'
    : 'Check the address, and that the gateway runs.'
}

function invalid(text: string): BallastError {
  return new BallastError('URL_INVALID', {
    message: `Expected the address of a model, found '${text}'`,
    hint: 'Such as http://127.0.0.1:7421/v2/models/digits, or a model with --url http://127.0.0.1:7421.',
  })
}
