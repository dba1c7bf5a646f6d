import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InferenceError } from '../../errors.ts'
import { askedBy, environmentOf, timeoutOf } from './request.ts'

const model = (model: string, what: string, version?: number, protocol = 'oip') => ({
  kind: 'model',
  model,
  version,
  what,
  protocol,
})

test.each([
  ['GET', '/', { kind: 'home' }],
  ['GET', '/?x=1', { kind: 'home' }],
  ['GET', '/v2', { kind: 'server' }],
  ['GET', '/v2/', { kind: 'server' }],
  ['GET', 'http://gateway.example:7421/v2', { kind: 'server' }],
  ['GET', 'http://gateway.example', { kind: 'home' }],
  ['GET', '/v2/health/live', { kind: 'live' }],
  ['HEAD', '/v2/health/ready', { kind: 'ready' }],
  ['GET', '/metrics', { kind: 'metrics' }],
  ['GET', '/openapi.json', { kind: 'openapi' }],
  ['GET', '/v2/models/stats', { kind: 'statistics' }],
  ['POST', '/v2/repository/index', { kind: 'index' }],
  ['GET', '/v1/models', { kind: 'models' }],
  ['GET', '/v2/models/a.b-c_1', model('a.b-c_1', 'metadata')],
  ['GET', '/v2/models/m/ready?x=1', model('m', 'ready')],
  ['GET', '/v2/models/m/stats', model('m', 'statistics')],
  ['GET', '/v2/models/m/config', model('m', 'config')],
  ['GET', '/v2/models/m/openapi.json', model('m', 'openapi')],
  ['GET', '/v2/models/stats/stats', model('stats', 'statistics')],
  ['POST', '/v2/models/m/infer', model('m', 'infer')],
  ['POST', '/v2/models/m/predict', model('m', 'infer', undefined, 'plain')],
  ['GET', '/v2/models/m/versions/3', model('m', 'metadata', 3)],
  ['GET', '/v2/models/m/versions/3/stats', model('m', 'statistics', 3)],
  ['POST', '/v2/models/m/versions/3/infer', model('m', 'infer', 3)],
  ['POST', '/v2/repository/models/m/load', model('m', 'load')],
  ['POST', '/v2/repository/models/m/unload', model('m', 'unload')],
  ['GET', '/v1/models/m', model('m', 'status', undefined, 'v1')],
  ['GET', '/v1/models/m/versions/3', model('m', 'status', 3, 'v1')],
  ['GET', '/v1/models/m/metadata', model('m', 'metadata', undefined, 'v1')],
  ['GET', '/v1/models/m/versions/3/metadata', model('m', 'metadata', 3, 'v1')],
  ['POST', '/v1/models/m:predict', model('m', 'infer', undefined, 'v1')],
  ['POST', '/v1/models/m/versions/3:predict', model('m', 'infer', 3, 'v1')],
  ['POST', '/v1/models/m:classify', model('m', 'infer', undefined, 'v1')],
  ['POST', '/v1/models/m:regress', model('m', 'infer', undefined, 'v1')],
])('%s %s', (method, url, asked) => {
  expect(askedBy(method, url)).toEqual(asked)
})

test.each([
  ['POST', '/v2', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v2/models/m/infer', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v2/repository/index', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v2/repository/models/m/load', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v1/models/m:predict', 'METHOD_NOT_ALLOWED'],
  ['POST', '/v1/models/m', 'METHOD_NOT_ALLOWED'],
  ['DELETE', '/v2/models/m', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v3', 'ROUTE_UNKNOWN'],
  ['GET', '//v2', 'ROUTE_UNKNOWN'],
  ['GET', '*', 'ROUTE_UNKNOWN'],
  ['GET', '/v2/models', 'ROUTE_UNKNOWN'],
  ['GET', '/v2/models/', 'ROUTE_UNKNOWN'],
  ['GET', '/v2/models/a%2Fb', 'ROUTE_UNKNOWN'],
  ['GET', '/v2/models/m/__proto__', 'ROUTE_UNKNOWN'],
  ['POST', '/v2/models/m/versions/0/infer', 'ROUTE_UNKNOWN'],
  ['POST', '/v2/models/m/versions/x/infer', 'ROUTE_UNKNOWN'],
  ['POST', '/v2/models/m/versions/9999999999/infer', 'ROUTE_UNKNOWN'],
  ['POST', '/v2/models/m/infer/more', 'ROUTE_UNKNOWN'],
  ['POST', '/v1/models/m:predict/more', 'ROUTE_UNKNOWN'],
  ['POST', '/v1/models/m:drop', 'ROUTE_UNKNOWN'],
  ['POST', '/v1/models/:predict', 'ROUTE_UNKNOWN'],
  ['POST', '/v2/repository/models/m', 'ROUTE_UNKNOWN'],
  ['GET', `/v2/models/${'m'.repeat(129)}`, 'ROUTE_UNKNOWN'],
])('%s %s is %s', (method, url, code) => {
  expect(() => askedBy(method, url)).toThrow(expect.objectContaining({ code }))
})

test('a path of any characters is answered or refused, never an accident', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom('v1', 'v2', 'models', 'versions', '3', 'm:predict', ':', ''),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), parts => {
      try {
        askedBy('POST', `/${parts.join('/')}`)
      } catch (error) {
        expect(error).toBeInstanceOf(InferenceError)
      }
    }),
  )
})

const headers = (all: Readonly<Record<string, string>>) => (name: string) => all[name]

test.each([
  [{}, 30_000],
  [{ 'ballast-timeout-ms': '250' }, 250],
  [{ 'ballast-timeout-ms': '999999999' }, 600_000],
  [{ 'request-timeout': '2' }, 2000],
  [{ 'request-timeout': '0.25' }, 250],
  [{ 'ballast-timeout-ms': '7', 'request-timeout': '2' }, 7],
])('%j gives %i ms', (given, ms) => {
  expect(timeoutOf(headers(given))).toBe(ms)
})

test.each(['0', '-1', '1e3', '1.5', '', ' 5', '99999999999'])("a timeout of '%s' ms is refused", text => {
  const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
  expect(() => timeoutOf(headers({ 'ballast-timeout-ms': text }))).toThrow(refused)
})

test.each(['0', '0.0', '-1', 'soon', '1e3', '.5'])("a timeout of '%s' s is refused", text => {
  const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
  expect(() => timeoutOf(headers({ 'request-timeout': text }))).toThrow(refused)
})

test('an environment is a name', () => {
  expect(environmentOf(headers({}))).toBe('production')
  expect(environmentOf(headers({ 'ballast-environment': 'staging' }))).toBe('staging')
  for (const name of ['', 'a/b', 'é', 'e'.repeat(129)]) {
    const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
    expect(() => environmentOf(headers({ 'ballast-environment': name }))).toThrow(refused)
  }
})
