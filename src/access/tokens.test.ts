import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseBasic, parseBearer } from './credentials.ts'
import { createToken, hashToken, looksLikeToken, TOKEN_PATTERN } from './tokens.ts'

test('tokens have the form that scanners look for, and differ', () => {
  const secrets = Array.from({ length: 1000 }, () => createToken().secret)
  expect(new Set(secrets).size).toBe(1000)
  const form = new RegExp(`^${TOKEN_PATTERN}$`)
  for (const secret of secrets) {
    expect(secret).toMatch(form)
    expect(looksLikeToken(secret)).toBe(true)
  }
})

test('the hash is SHA-256 of the whole secret', () => {
  const { secret, hash } = createToken()
  expect(hash).toBe(createHash('sha256').update(secret).digest('hex'))
  expect(hashToken(secret)).toBe(hash)
})

test('a token with any one character changed does not look like one', () => {
  const { secret } = createToken()
  for (let i = 0; i < secret.length; i++) {
    const other = secret[i] === 'x' ? 'y' : 'x'
    expect(looksLikeToken(secret.slice(0, i) + other + secret.slice(i + 1)), `character ${i}`).toBe(false)
  }
  for (const text of ['', 'blst_', `${secret}0`, ` ${secret}`, secret.toUpperCase()])
    expect(looksLikeToken(text)).toBe(false)
})

test.each([
  ['Bearer blst_abc', 'blst_abc'],
  ['bearer   a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  ['Basic YTpi', undefined],
  ['Bearer a\nx', undefined],
  [`Bearer ${'x'.repeat(2000)}`, undefined],
  ['', undefined],
  [undefined, undefined],
])('the bearer of %j is %j', (header, token) => {
  expect(parseBearer(header)).toBe(token)
})

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
test.each([
  [basic('git:blst_abc'), { user: 'git', password: 'blst_abc' }],
  [basic('zoé:pa:ss'), { user: 'zoé', password: 'pa:ss' }],
  [basic(':'), { user: '', password: '' }],
  [basic('no colon'), undefined],
  [basic('a\0:b'), undefined],
  ['Basic !!', undefined],
  ['Bearer YTpi', undefined],
  [undefined, undefined],
])('user and password of %j are %j', (header, credentials) => {
  expect(parseBasic(header)).toEqual(credentials)
})
