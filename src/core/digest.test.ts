import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, digestOf, digestOfFile, digestOfValue, hexOf, isDigest } from './digest.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('the digest of nothing is the known one', () => {
  expect(digestOf('')).toBe(`sha256:${EMPTY}`)
  expect(hexOf(digestOf(new Uint8Array()))).toBe(EMPTY)
})

test('a file has the digest of its bytes, over several chunks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'digest-'))
  const bytes = new Uint8Array(2_500_000).map((_, i) => i)
  await writeFile(join(folder, 'f'), bytes)
  expect(await digestOfFile(join(folder, 'f'))).toBe(digestOf(bytes))
  await rm(folder, { recursive: true })
})

test.each([
  [`sha256:${EMPTY}`, true],
  [`sha256:${EMPTY.toUpperCase()}`, false],
  [`sha256:${EMPTY.slice(1)}`, false],
  [`sha256:${EMPTY}\n`, false],
  [EMPTY, false],
])('%j is a digest: %s', (text, is) => {
  expect(isDigest(text)).toBe(is)
})

describe('canonical JSON', () => {
  test.each([
    [{ b: 1, a: [2, 'x', null, true] }, '{"a":[2,"x",null,true],"b":1}'],
    [{ a: undefined, b: {} }, '{"b":{}}'],
    [{ é: 1, e: 2, Z: 3 }, '{"Z":3,"e":2,"é":1}'],
    [-0, '0'],
    [1e21, '1e+21'],
  ])('%j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })
  test.each([
    ['NaN', Number.NaN],
    ['Infinity', { a: Number.POSITIVE_INFINITY }],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['undefined', undefined],
    ['undefined in a list', [undefined]],
    ['a hole in a list', new Array(1)],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['bytes', new Uint8Array(2)],
  ])('%s has no form', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
  test('it reads back as the value, and the order of keys never matters', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        const turned = Object.fromEntries(Object.entries(value).toReversed())
        expect(digestOfValue(turned)).toBe(digestOfValue(value))
      }),
    )
  })
})
