import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CommitId, digestOf, type Json } from '../../core/index.ts'
import type { BlobRef } from '../types.ts'
import { MAX_FILE_NAME, MAX_FILES, makeManifest, manifestDigest } from './manifest.ts'

const COMMIT = 'c0ffee'.padEnd(40, '0') as CommitId
const aFile = (name: string, bytes = name): BlobRef => ({ name, digest: digestOf(bytes), size: bytes.length })
const aManifest = (change: object = {}) =>
  makeManifest({
    model: 'digits',
    commit: COMMIT,
    files: [aFile('model.onnx')],
    config: { task: 'generic' },
    ...change,
  })

describe('the digest', () => {
  test('is equal whatever the order of files and keys', () => {
    const json = fc.jsonValue().map(value => value as Json)
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(names, fc.dictionary(fc.string(), json), (names, config) => {
        const backwards = Object.fromEntries(Object.entries(config).reverse())
        const a = aManifest({ files: names.map(name => aFile(name)), config })
        const b = aManifest({ files: names.toReversed().map(name => aFile(name)), config: backwards })
        expect(manifestDigest(a)).toBe(manifestDigest(b))
        const unsorted = { ...b, files: b.files.toReversed() }
        expect(manifestDigest(unsorted)).toBe(manifestDigest(a))
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    ['model', { model: 'letters' }],
    ['commit', { commit: 'd'.repeat(40) }],
    ['configuration', { config: { task: 'regression' } }],
    ['bytes', { files: [aFile('model.onnx', 'other bytes')] }],
    ["a file's name", { files: [aFile('other.onnx', 'model.onnx')] }],
    ['a further file', { files: [aFile('model.onnx'), aFile('labels.txt')] }],
  ])('changes with the %s', (_, change) => {
    expect(manifestDigest(aManifest(change))).not.toBe(manifestDigest(aManifest()))
  })

  test('covers nothing else', () => {
    const more = { ...aManifest(), registeredBy: 'ada' }
    expect(manifestDigest(more)).toBe(manifestDigest(aManifest()))
  })

  test('stays what it is from release to release', () => {
    expect(manifestDigest(aManifest())).toBe(
      'sha256:36a9a31d3badd3922a9416801f70605401b16ac3eb5375edcbb4c2398a705af1',
    )
  })
})

describe('a manifest', () => {
  test('has its files in order of names, and nothing that was not asked for', () => {
    const files = [{ ...aFile('b'), extra: 1 }, aFile('a/c'), aFile('a')]
    expect(aManifest({ files }).files).toStrictEqual([aFile('a'), aFile('a/c'), aFile('b')])
  })

  test.each(['digits', 'D', '0', 'a.b_c-d', 'x'.repeat(100)])('may be of model %s', model => {
    expect(aManifest({ model }).model).toBe(model)
  })

  test.each(['', '.hidden', '-x', 'a/b', '..', 'a b', 'é', 'x'.repeat(101), 'digits\n'])(
    'is refused for model %j',
    model => {
      expect(() => aManifest({ model })).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
    },
  )

  test.each([
    'model.onnx',
    'a/b/c.txt',
    '数字/labels.txt',
    '.hidden',
    'a..b',
    '...',
    'x'.repeat(MAX_FILE_NAME),
  ])('may hold the file %j', name => {
    expect(aManifest({ files: [aFile(name)] }).files[0]?.name).toBe(name)
  })

  test.each([
    '',
    '/etc/passwd',
    '../up',
    'a/../../b',
    'a/..',
    './a',
    'a//b',
    'a/',
    'C:/x',
    'c:x',
    'a\\b',
    'a\0b',
    'a\nb',
    'x'.repeat(MAX_FILE_NAME + 1),
  ])('is refused with the file %j', name => {
    expect(() => aManifest({ files: [aFile(name)] })).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    )
  })

  test.each([
    ['no files', { files: [] }],
    ['too many files', { files: Array.from({ length: MAX_FILES + 1 }, (_, i) => aFile(`f${i}`)) }],
    ['a file twice', { files: [aFile('a'), aFile('b'), aFile('a', 'other')] }],
    ['a digest that is none', { files: [{ ...aFile('a'), digest: 'sha256:0' }] }],
    ['a negative size', { files: [{ ...aFile('a'), size: -1 }] }],
    ['half a byte', { files: [{ ...aFile('a'), size: 0.5 }] }],
    ['a short commit', { commit: 'c0ffee' }],
    ['an enormous configuration', { config: 'x'.repeat(5_000_000) }],
    ['a bottomless configuration', { config: nested(100_000) }],
  ])('is refused with %s', (_, change) => {
    expect(() => aManifest(change)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })
})

function nested(depth: number): Json {
  let value: Json = 0
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
