import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../core/index.ts'
import { formatPointer, looksLikePointer, MAX_POINTER_BYTES, parsePointer } from './pointer.ts'

const OID = '4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393'
const TEXT = `version https://git-lfs.github.com/spec/v1\noid sha256:${OID}\nsize 12345\n`
const parse = (text: string) => parsePointer(Buffer.from(text))

describe('a pointer', () => {
  it('of the specification is read', () => {
    expect(parse(TEXT)).toEqual({ digest: `sha256:${OID}`, size: 12345 })
  })

  it.each([
    ['without its last line end', TEXT.trimEnd()],
    ['with line ends of Windows', TEXT.replaceAll('\n', '\r\n')],
    ['under the old name', TEXT.replace('git-lfs', 'hawser')],
  ])('%s is one', (_, text) => {
    expect(parse(text)).toEqual({ digest: `sha256:${OID}`, size: 12345 })
  })

  it.each([
    ['empty', ''],
    ['of another version', TEXT.replace('v1', 'v2')],
    ['of another hash', TEXT.replace('sha256', 'sha1')],
    ['with capitals', TEXT.replace('4d7a', '4D7A')],
    ['with a short oid', TEXT.replace('2393\n', '\n')],
    ['with a negative size', TEXT.replace('12345', '-1')],
    ['with a size of no file', TEXT.replace('12345', '9'.repeat(16))],
    ['with a size that begins with 0', TEXT.replace('12345', '012345')],
    ['without a size', TEXT.replace('size 12345\n', '')],
    ['with a line more', `${TEXT}more 1\n`],
    ['with an extension', TEXT.replace('oid', `ext-0-foo sha256:${OID}\noid`)],
    ['in another order', TEXT.split('\n').reverse().join('\n')],
    ['with a space before', ` ${TEXT}`],
    ['with an empty line', TEXT.replace('\noid', '\n\noid')],
    ['that goes on as a file', TEXT + 'x'.repeat(MAX_POINTER_BYTES)],
  ])('%s is none', (_, text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('is written as it is read', () => {
    const digests = fc.stringMatching(/^[0-9a-f]{64}$/).map(hex => `sha256:${hex}` as Digest)
    const pointers = fc.record({ digest: digests, size: fc.integer({ min: 0, max: 999_999_999_999_999 }) })
    fc.assert(
      fc.property(pointers, pointer => {
        expect(parsePointer(Buffer.from(formatPointer(pointer)))).toEqual(pointer)
      }),
    )
    expect(formatPointer(parse(TEXT)!)).toBe(TEXT)
  })

  it('is known by its beginning, also where only a client can read it', () => {
    expect(looksLikePointer(Buffer.from(TEXT.replace('oid', 'ext-0-foo sha256:1\noid')))).toBe(true)
    expect(looksLikePointer(Buffer.from('version: 3\n'))).toBe(false)
    expect(looksLikePointer(Buffer.from('version https://example.org/spec/v1\n'))).toBe(false)
  })
})
