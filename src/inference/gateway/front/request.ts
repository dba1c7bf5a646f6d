import { InferenceError } from '../../errors.ts'
import type { ProtocolName } from '../../protocols/index.ts'

/** What is asked of the gateway as a whole. */
export type Told =
  | 'home'
  | 'server'
  | 'live'
  | 'ready'
  | 'metrics'
  | 'openapi'
  /** Repository index. */
  | 'index'
  /** Of all models. */
  | 'statistics'
  /** Names, as KServe's first protocol lists them. */
  | 'models'
  /** What is known of requests later. */
  | 'feedback'

/** What is asked of a model. `status` is of its versions, as TensorFlow Serving and KServe tell it. */
export type OfModel =
  | 'infer'
  | 'ready'
  | 'status'
  | 'metadata'
  | 'statistics'
  | 'config'
  | 'openapi'
  | 'load'
  | 'unload'

/** What a path asks for. */
export type Asked =
  | { readonly kind: Told }
  | {
      readonly kind: 'model'
      readonly model: string
      readonly version: number | undefined
      readonly what: OfModel
      readonly protocol: ProtocolName
    }

type Method = 'GET' | 'POST'
interface Place<What> {
  readonly what: What
  readonly method: Method
  readonly protocol: ProtocolName
}

const NAME = /^[A-Za-z0-9._-]{1,128}$/
const VERSION = /^[1-9]\d{0,8}$/
const DEFAULT_TIMEOUT_MS = 30_000
const MAX_TIMEOUT_MS = 600_000
/** Proxies may send the whole address (RFC 9112, 3.2.2). */
const ABSOLUTE = /^https?:\/\/[^/?#]*/i

const get = <What>(what: What, protocol: ProtocolName = 'oip'): Place<What> => ({
  what,
  method: 'GET',
  protocol,
})
const post = <What>(what: What, protocol: ProtocolName = 'oip'): Place<What> => ({
  what,
  method: 'POST',
  protocol,
})

const OF_ALL: ReadonlyMap<string, Place<Told>> = new Map([
  ['', get<Told>('home')],
  ['metrics', get<Told>('metrics')],
  ['openapi.json', get<Told>('openapi')],
  ['v2', get<Told>('server')],
  ['v2/health/live', get<Told>('live')],
  ['v2/health/ready', get<Told>('ready')],
  ['v2/models/stats', get<Told>('statistics')],
  ['v2/repository/index', post<Told>('index')],
  ['v1/models', get<Told>('models')],
  ['v1/feedback', post<Told>('feedback')],
])

/** By what follows `/v2/models/M` or `/v2/models/M/versions/V`. */
const V2: ReadonlyMap<string | undefined, Place<OfModel>> = new Map([
  [undefined, get<OfModel>('metadata')],
  ['ready', get<OfModel>('ready')],
  ['infer', post<OfModel>('infer')],
  ['predict', post<OfModel>('infer', 'plain')],
  ['stats', get<OfModel>('statistics')],
  ['config', get<OfModel>('config')],
  ['openapi.json', get<OfModel>('openapi')],
])

/** By what follows `/v1/models/M` or `/v1/models/M/versions/V`; verbs stand behind a colon. */
const V1: ReadonlyMap<string | undefined, Place<OfModel>> = new Map([
  [undefined, get<OfModel>('status', 'v1')],
  ['metadata', get<OfModel>('metadata', 'v1')],
  [':predict', post<OfModel>('infer', 'v1')],
  [':classify', post<OfModel>('infer', 'v1')],
  [':regress', post<OfModel>('infer', 'v1')],
])

const REPOSITORY: ReadonlyMap<string | undefined, Place<OfModel>> = new Map([
  ['load', post<OfModel>('load')],
  ['unload', post<OfModel>('unload')],
])

/**
 *   /                                       what is served
 *   /metrics, /openapi.json
 *   /v2                                     server metadata
 *   /v2/health/live, /v2/health/ready
 *   /v2/models/stats
 *   /v2/models/M[/versions/V][/ready|/infer|/predict|/stats|/config|/openapi.json]
 *   /v2/repository/index, /v2/repository/models/M/load, /v2/repository/models/M/unload
 *   /v1/models
 *   /v1/feedback
 *   /v1/models/M[/versions/V][:predict|:classify|:regress|/metadata]
 *
 * Throws ROUTE_UNKNOWN and METHOD_NOT_ALLOWED.
 */
export function askedBy(method: string, url: string): Asked {
  const path = pathOf(url)
  const all = OF_ALL.get(path)
  if (all !== undefined) {
    checkMethod(method, all.method, url)
    return { kind: all.what }
  }
  const parts = path.split('/')
  const [protocol, section, ...rest] = parts
  if (protocol === 'v2' && section === 'models') return ofModel(method, url, V2, rest)
  if (protocol === 'v1' && section === 'models') return ofModel(method, url, V1, spaced(rest))
  if (protocol === 'v2' && section === 'repository' && rest.shift() === 'models') {
    return ofModel(method, url, REPOSITORY, rest)
  }
  throw unknown(url)
}

function ofModel(
  method: string,
  url: string,
  places: ReadonlyMap<string | undefined, Place<OfModel>>,
  rest: string[],
): Asked {
  const model = rest.shift()
  if (model === undefined || !NAME.test(model)) throw unknown(url)
  const version = rest[0] === 'versions' ? versionIn(url, rest) : undefined
  const place = rest.length > 1 ? undefined : places.get(rest[0])
  if (place === undefined) throw unknown(url)
  checkMethod(method, place.method, url)
  return { kind: 'model', model, version, what: place.what, protocol: place.protocol }
}

/** Without the slashes around it and the query. */
function pathOf(url: string): string {
  const local = url.startsWith('/') ? url : url.replace(ABSOLUTE, '')
  const query = local.indexOf('?')
  const path = query < 0 ? local : local.slice(0, query)
  return path.slice(path.startsWith('/') ? 1 : 0, path.endsWith('/') && path.length > 1 ? -1 : undefined)
}

/** A verb behind the last part's colon as a part of its own: `m:predict` is `m`, `:predict`. */
function spaced(parts: readonly string[]): string[] {
  const last = parts.at(-1) ?? ''
  const colon = last.indexOf(':')
  return colon < 0 ? [...parts] : [...parts.slice(0, -1), last.slice(0, colon), last.slice(colon)]
}

function checkMethod(method: string, allowed: Method, url: string): void {
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return
  throw new InferenceError('METHOD_NOT_ALLOWED', {
    message: `${method} is not for ${url.slice(0, 200)}`,
    hint: `Use ${allowed}.`,
    details: { allowed },
  })
}

function versionIn(url: string, rest: string[]): number {
  const [, text] = rest.splice(0, 2)
  const version = text === undefined ? undefined : versionOfText(text)
  if (version !== undefined) return version
  throw unknown(url)
}

/** A version's number as protocols write it, in digits; undefined where it is none. */
export function versionOfText(text: string): number | undefined {
  return VERSION.test(text) ? Number(text) : undefined
}

/** Looks up a header by its lower-case name. */
export type Header = (name: string) => string | undefined

/** The environment that a request is for: `production` unless the header names another. */
export function environmentOf(header: Header): string {
  const name = header('ballast-environment')
  if (name === undefined) return 'production'
  if (NAME.test(name)) return name
  throw new InferenceError('REQUEST_INVALID', {
    message: `Ballast-Environment is '${name.slice(0, 140)}', no name of an environment`,
    hint: 'Names have letters, digits, dots, dashes and underscores.',
  })
}

/** Milliseconds that the client gives: `Ballast-Timeout-Ms`, or `Request-Timeout` in seconds; else 30 s. */
export function timeoutOf(header: Header): number {
  const ms = header('ballast-timeout-ms')
  if (ms !== undefined) {
    if (/^\d{1,9}$/.test(ms)) return boundedTimeout(Number(ms), 'Ballast-Timeout-Ms', ms)
    throw badTimeout('Ballast-Timeout-Ms', ms, 'whole milliseconds')
  }
  const seconds = header('request-timeout')
  if (seconds === undefined) return DEFAULT_TIMEOUT_MS
  if (/^\d{1,6}(\.\d{1,6})?$/.test(seconds)) {
    return boundedTimeout(Number(seconds) * 1000, 'Request-Timeout', seconds)
  }
  throw badTimeout('Request-Timeout', seconds, 'seconds')
}

function boundedTimeout(ms: number, name: string, text: string): number {
  if (ms > 0) return Math.min(ms, MAX_TIMEOUT_MS)
  throw badTimeout(name, text, 'more than zero')
}

function badTimeout(name: string, text: string, expected: string): InferenceError {
  return new InferenceError('REQUEST_INVALID', {
    message: `${name} is '${text.slice(0, 40)}'; expected ${expected}`,
    hint: `Up to ${MAX_TIMEOUT_MS / 1000} seconds.`,
  })
}

function unknown(url: string): InferenceError {
  return new InferenceError('ROUTE_UNKNOWN', {
    message: `There is nothing at ${url.slice(0, 200)}`,
    hint: 'Predictions: POST /v2/models/<model>/infer, with the names of the Open Inference Protocol. GET / lists the models.',
  })
}
