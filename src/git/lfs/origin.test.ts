import { expect, test } from 'vitest'
import { originFor } from './origin.ts'

test.each([
  ['nothing but the public address', { host: 'models.example' }, 'https://models.example/ballast'],
  ['another name of the server', { host: '10.0.0.5:7420' }, 'http://10.0.0.5:7420'],
  ['an address of six', { host: '[::1]:7420' }, 'http://[::1]:7420'],
  [
    'a proxy that tells nothing',
    { host: '10.0.0.5', 'x-forwarded-for': '1.2.3.4' },
    'https://models.example/ballast',
  ],
  [
    'two proxies that tell',
    { host: 'inner', 'x-forwarded-host': 'Other.example, inner', 'x-forwarded-proto': 'https, http' },
    'https://other.example',
  ],
  [
    'a scheme that is none',
    { host: 'a.example', 'x-forwarded-host': 'a.example', 'x-forwarded-proto': 'gopher' },
    'http://a.example',
  ],
  ['a path in the host', { host: 'evil.example/x' }, undefined],
  ['credentials in the host', { host: 'user@evil.example' }, undefined],
  ['no host', {}, undefined],
])('with %s', (_, headers, expected) => {
  expect(originFor({ headers }, 'https://models.example/ballast')).toBe(expected)
})
