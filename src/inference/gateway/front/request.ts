import type { IncomingMessage } from 'node:http'
import { InferenceError } from '../../errors.ts'

/** What a path asks for. */
export type Asked =
  | { readonly kind: 'server' }
  | { readonly kind: 'live' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'metrics' }
  | {
      readonly kind: 'model'
      readonly model: string
      readonly version: number | undefined
      readonly what: 'metadata' | 'ready' | 'infer'
    }

const NAME = /^[A-Za-z0-9._-]{1,128}$/
const VERSION = /^[1-9]\d{0,8}$/
const DEFAULT_TIMEOUT_MS = 30_000
const MAX_TIMEOUT_MS = 600_000

/**
 *   /v2                                     server metadata
 *   /v2/health/live, /v2/health/ready
 *   /v2/models/M[/versions/V][/ready|/infer|/predict]
 *   /metrics
 *
 * Throws ROUTE_UNKNOWN and METHOD_NOT_ALLOWED.
 */
export function askedBy(method: string, url: string): Asked {
  const asked = readPath(url)
  const allowed = asked.kind === 'model' && asked.what === 'infer' ? 'POST' : 'GET'
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return asked
  throw new InferenceError('METHOD_NOT_ALLOWED', {
    message: `${method} is not for ${url}`,
    hint: `Use ${allowed}.`,
    details: { allowed },
  })
}

function readPath(url: string): Asked {
  const query = url.indexOf('?')
  const [, root, first, ...rest] = (query < 0 ? url : url.slice(0, query)).split('/')
  if (root === 'metrics' && first === undefined) return { kind: 'metrics' }
  if (root !== 'v2') throw unknown(url)
  if (first === undefined || (first === '' && rest.length === 0)) return { kind: 'server' }
  if (first === 'health' && rest.length === 1) {
    if (rest[0] === 'live') return { kind: 'live' }
    if (rest[0] === 'ready') return { kind: 'ready' }
  }
  const model = first === 'models' ? decoded(rest.shift()) : undefined
  if (model === undefined) throw unknown(url)
  const version = rest[0] === 'versions' ? versionOf(url, rest) : undefined
  if (rest.length > 1) throw unknown(url)
  const what = rest[0]
  if (what === undefined) return { kind: 'model', model, version, what: 'metadata' }
  if (what === 'ready') return { kind: 'model', model, version, what }
  if (what === 'infer' || what === 'predict') return { kind: 'model', model, version, what: 'infer' }
  throw unknown(url)
}

function versionOf(url: string, rest: string[]): number {
  const [, text] = rest.splice(0, 2)
  if (text !== undefined && VERSION.test(text)) return Number(text)
  throw unknown(url)
}

function decoded(name: string | undefined): string | undefined {
  return name !== undefined && NAME.test(name) ? name : undefined
}

/** The environment that a request is for: `production` unless the header names another. */
export function environmentOf(request: IncomingMessage): string {
  const name = request.headers['ballast-environment']
  if (name === undefined) return 'production'
  if (typeof name === 'string' && NAME.test(name)) return name
  throw new InferenceError('REQUEST_INVALID', {
    message: `Ballast-Environment is '${String(name).slice(0, 140)}', no name of an environment`,
    hint: 'Names have letters, digits, dots, dashes and underscores.',
  })
}

/** Milliseconds that the client gives: header `Ballast-Timeout-Ms`; 30 s unless it says so. */
export function timeoutOf(request: IncomingMessage): number {
  const text = request.headers['ballast-timeout-ms']
  if (text === undefined) return DEFAULT_TIMEOUT_MS
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value >= 1) return Math.min(value, MAX_TIMEOUT_MS)
  throw new InferenceError('REQUEST_INVALID', {
    message: `Ballast-Timeout-Ms is '${String(text).slice(0, 40)}'; expected whole milliseconds`,
    hint: `Up to ${MAX_TIMEOUT_MS}.`,
  })
}

function unknown(url: string): InferenceError {
  return new InferenceError('ROUTE_UNKNOWN', {
    message: `There is nothing at ${url.slice(0, 200)}`,
    hint: 'Predictions: POST /v2/models/<model>/infer, with the names of the Open Inference Protocol.',
  })
}
