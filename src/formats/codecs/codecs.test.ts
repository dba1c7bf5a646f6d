import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BallastError, type ByteSource, sourceOf } from '../../core/index.ts'
import type { Wrapper } from '../types.ts'
import { CODECS } from './codecs.ts'
import { detectWrapper } from './detect.ts'
import { Feed } from './feed.ts'
import { unwrap, unwrapAll } from './unwrap.ts'

const FOLDER = 'test/fixtures/codecs'
const EXPECTED = JSON.parse(readFileSync(`${FOLDER}/expected.json`, 'utf8')) as Record<
  string,
  { wrapper: Wrapper[]; size: number; sha256: string }
>
const fixture = (name: string) => new Uint8Array(readFileSync(`${FOLDER}/${name}`))
const allOf = (source: ByteSource) => source.read(0, source.size)
const unpack = async (bytes: Uint8Array, wrapper: Wrapper) =>
  allOf(await unwrap(sourceOf(bytes, 'w'), wrapper))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('what Python packed is unpacked', () => {
  test.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
    const found = await unwrapAll(sourceOf(fixture(name), name))
    expect(found.wrapper).toEqual(expected.wrapper)
    const bytes = await allOf(found.source)
    expect(bytes.byteLength).toBe(expected.size)
    expect(sha256(bytes)).toBe(expected.sha256)
    await found.close()
  })

  test('and every fixture is tried', () => {
    const files = readdirSync(FOLDER).filter(name => !/\.(py|json)$/.test(name) && name !== 'bcj.xz')
    expect(files.toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
  })

  const single = Object.entries(EXPECTED).filter(([, { wrapper }]) => wrapper.length === 1)
  test.each(single)('%s, from little at a time', async (name, expected) => {
    const { decode, fail } = CODECS[expected.wrapper[0]!]
    for (const chunk of [1, 61]) {
      const hash = createHash('sha256')
      for await (const piece of decode(new Feed(sourceOf(fixture(name), name), fail, chunk)))
        hash.update(piece)
      expect(hash.digest('hex')).toBe(expected.sha256)
    }
  })
})

test('a file without a wrapper is itself', async () => {
  const source = sourceOf(Buffer.from('PK\x03\x04 and so on'), 'm')
  const found = await unwrapAll(source)
  expect(found.source).toBe(source)
  expect(found.wrapper).toEqual([])
})

test.each<[string, Uint8Array | string]>([
  ['nothing', ''],
  ['a pickle of protocol 0', ']q\0(X\x05\0\0\0hello'],
  ['a pickle of protocol 4', '\x80\x04\x95\x0f\0\0\0\0\0\0\0]\x94'],
  ['text that begins as zlib does', 'x\x9c and then some words of text'],
  ['text that begins as bzip2 does', 'BZh9 is a fine start of a sentence'],
  ['an ONNX model', '\x08\x0a\x12\x07pytorch\x1a\x052.0.0:'],
  ['zeros', new Uint8Array(64)],
  ['a npy file', '\x93NUMPY\x01\0v\0'],
])('%s is in no wrapper', (_, bytes) => {
  expect(detectWrapper(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)).toBeUndefined()
})

describe('refused', () => {
  const SMALL = ['empty.bz2', 'empty.xz'] as const
  const words = Buffer.from('some words, some words, more words, some words')
  const tiny: [string, Wrapper, Uint8Array][] = [
    ['gzip', 'gzip', gzipSync(words)],
    ['zlib', 'zlib', deflateSync(words)],
    ['zstd', 'zstd', zstdCompressSync(words)],
    ...SMALL.map(name => [name, EXPECTED[name]!.wrapper[0]!, fixture(name)] as [string, Wrapper, Uint8Array]),
  ]

  test.each(tiny)('%s, cut at every byte', async (_, wrapper, bytes) => {
    for (let length = 0; length < bytes.length; length++)
      await expect(unpack(bytes.subarray(0, length), wrapper)).rejects.toMatchObject({
        code: 'FORMAT_TRUNCATED',
      })
  })

  const files = Object.entries(EXPECTED).filter(([, { size }]) => size > 0)
  test.each(files)('%s, cut here and there', async (name, { wrapper: [wrapper] }) => {
    const bytes = fixture(name)
    const whole = sha256(await unpack(bytes, wrapper!))
    for (let part = 0; part < 15; part++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 15) + 1)
      const found = await unpack(cut, wrapper!).catch(error => error)
      // Streams one behind the other may be cut between them: then the first ones are all there is.
      if (found instanceof Uint8Array) expect(sha256(found)).not.toBe(whole)
      else expect(found).toMatchObject({ name: 'FormatsError', code: 'FORMAT_TRUNCATED' })
    }
  })

  // lzma alone has no checksum, lz4 and zstd need none, and zlib's header has bits that mean nothing.
  const CHECKED = files.filter(([name]) => /\.(gz|bz2|xz)$/.test(name) && !/^(none|thrice)/.test(name))
  test.each(CHECKED)('%s, with a byte changed', async (name, { wrapper: [wrapper], sha256: expected }) => {
    const good = fixture(name)
    const random = seeded(name.length)
    for (let turn = 0; turn < 30; turn++) {
      const bytes = Uint8Array.from(good)
      const at = 10 + Math.floor(random() * (bytes.length - 10))
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8))
      const found = await unpack(bytes, wrapper!).catch(error => error)
      if (found instanceof Uint8Array) {
        // A name or a time in gzip's header may change; the content may not.
        expect(sha256(found)).toBe(expected)
      } else expect(found).toMatchObject({ name: 'FormatsError', code: expect.stringMatching(/^FORMAT_/) })
    }
  })

  test.each(Object.keys(EXPECTED))('%s, mutilated at random: only typed errors', async name => {
    const [wrapper] = EXPECTED[name]!.wrapper
    const good = fixture(name)
    const random = seeded(good.length)
    for (let turn = 0; turn < 60; turn++) {
      const bytes = Uint8Array.from(good)
      for (let change = 0; change < 1 + (turn % 5); change++)
        bytes[Math.floor(random() ** 2 * bytes.length)] = Math.floor(random() * 256)
      const found = await unpack(bytes, wrapper!).catch(error => error)
      if (!(found instanceof Uint8Array)) expect(found).toBeInstanceOf(BallastError)
    }
  })

  test('what follows the end', async () => {
    for (const [, wrapper, bytes] of tiny) {
      const more = Buffer.concat([bytes, Buffer.from('and more and more')])
      await expect(unpack(more, wrapper)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
    }
  })

  test('machine code filters, by name', async () => {
    await expect(unpack(fixture('bcj.xz'), 'xz')).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: /x86 machine code/,
    })
  })

  test('a bomb: what expands more than anything real', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(80 * 2 ** 20))
    await expect(unpack(bomb, 'zstd')).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
      message: /over 10000 : 1/,
    })
  })

  test.each<[string, Wrapper, readonly (readonly [number, number])[]]>([
    ['frames.zst', 'zstd', [[11 + 5, 0x9f]]],
    [
      'one.lzma',
      'lzma',
      [
        [4, 0x40],
        [3, 0],
        [2, 0],
        [1, 0],
      ],
    ],
  ])('%s, asking for a huge window', async (name, wrapper, changes) => {
    const bytes = fixture(name)
    for (const [at, value] of changes) bytes[at] = value
    await expect(unpack(bytes, wrapper)).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
  })

  test('more than three wrappers', async () => {
    let bytes: Uint8Array = words
    for (let turn = 0; turn < 4; turn++) bytes = gzipSync(bytes)
    await expect(unwrapAll(sourceOf(bytes, 'w'))).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
      message: 'w: gzip: it is compressed more than 3 times: gzip, gzip, gzip, gzip',
    })
  })

  test('faults are told with the compressed offset', async () => {
    const bytes = fixture('one.bz2')
    bytes[200] = bytes[200]! ^ 255
    await expect(unpack(bytes, 'bzip2')).rejects.toMatchObject({
      message: expect.stringMatching(/^w, byte \d+: bzip2: /),
      details: { format: 'bzip2', file: 'w', offset: expect.any(Number) },
    })
  })
})

/** A generator of numbers below 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}
