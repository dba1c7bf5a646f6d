import { expect, test } from 'vitest'
import { tokenFrom } from './credentials.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test.each([
  ['any user name', basic('anyone:token'), 'token'],
  ['no user name', basic(':token'), 'token'],
  ['no password', basic('token:'), 'token'],
  ['a colon in the token', basic('x:a:b'), 'a:b'],
  ['the scheme in small letters', basic('x:token').replace('Basic', 'basic'), 'token'],
  ['a bearer token', 'Bearer token', 'token'],
  ['nothing', undefined, undefined],
  ['an empty pair', basic(':'), undefined],
  ['no colon', basic('token'), undefined],
  ['another scheme', 'Digest username="x"', undefined],
  ['no value', 'Basic', undefined],
  ['what is not base64', 'Basic ***', undefined],
  ['too much', basic(`x:${'y'.repeat(2000)}`), undefined],
])('%s', (_, header, token) => {
  expect(tokenFrom(header)).toBe(token)
})
