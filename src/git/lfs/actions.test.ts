import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf, instant, newId } from '../../core/index.ts'
import { tokenFrom } from '../http/credentials.ts'
import { type Claims, isActionToken, readClaims, signClaims } from './actions.ts'

const host = (key: string) => ({
  sign: async (text: string) => createHmac('sha256', key).update(text).digest('hex'),
})
const ours = host('ours')
const claims: Claims = {
  operation: 'upload',
  project: newId('project'),
  principal: newId('principal'),
  digest: digestOf('object'),
  size: 2 ** 40,
  expiresAt: instant(1_700_000_000_000),
}

test('what was signed is read again, also out of a header', async () => {
  const token = await signClaims(ours, claims)
  expect(isActionToken(token)).toBe(true)
  expect(await readClaims(ours, tokenFrom(`Bearer ${token}`)!, claims.digest)).toEqual(claims)
})

test('of another installation, or for another object, it is nothing', async () => {
  const token = await signClaims(ours, claims)
  expect(await readClaims(host('theirs'), token, claims.digest)).toBeUndefined()
  expect(await readClaims(ours, token, digestOf('other'))).toBeUndefined()
})

test('with any character changed it is nothing', async () => {
  const token = await signClaims(ours, claims)
  const place = fc.nat(token.length - 1)
  const character = fc.constantFrom(...'0123456789abcdefud._-Z')
  await fc.assert(
    fc.asyncProperty(place, character, async (at, other) => {
      fc.pre(token[at] !== other)
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      expect(await readClaims(ours, changed, claims.digest)).toBeUndefined()
    }),
  )
})
