import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Exchange } from './exchange.ts'
import { inEnvironment } from './in-environment.ts'
import { environmentOf } from './request.ts'

function anExchange(url: string, headers: Readonly<Record<string, string>> = {}): Exchange {
  return {
    method: 'POST',
    url,
    remoteAddress: '127.0.0.1',
    secure: false,
    source: Readable.from([]),
    open: true,
    header: name => headers[name],
    invite: () => undefined,
    send: () => undefined,
    onceClosed: () => undefined,
  }
}

test.each([
  ['/environments/preview-topic/v2/models/m/infer', '/v2/models/m/infer'],
  ['/environments/preview-topic/v2/models/m/infer?x=/environments/a', '/v2/models/m/infer?x=/environments/a'],
  ['/environments/preview-topic', '/'],
  ['/environments/preview-topic/', '/'],
  ['/environments/preview-topic?x', '/?x'],
  ['/environments/preview-topic/environments/b/v2', '/environments/b/v2'],
])('%s asks there for %s', (url, rest) => {
  const exchange = inEnvironment(anExchange(url, { 'ballast-environment': 'other', accept: 'a/b' }))
  expect(exchange.url).toBe(rest)
  expect(environmentOf(name => exchange.header(name))).toBe('preview-topic')
  expect(exchange.header('accept')).toBe('a/b')
})

test.each([
  '/environments/',
  '/environments//v2',
  '/environments/a%2Fb/v2',
  `/environments/${'e'.repeat(129)}/v2`,
])('the environment of %s is none', url => {
  const exchange = inEnvironment(anExchange(url))
  const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
  expect(() => environmentOf(name => exchange.header(name))).toThrow(refused)
})

test.each(['/v2/models/m/infer', '/environments', '/v2/environments/a/v2'])('%s is as it was', url => {
  const exchange = anExchange(url, { 'ballast-environment': 'staging' })
  expect(inEnvironment(exchange)).toBe(exchange)
})
