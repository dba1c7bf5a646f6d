import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../src/core/index.ts'
import { MAX_HELD_BYTES } from '../../../src/formats/bytes/spool.ts'
import { openZip } from '../../../src/formats/index.ts'
import { zipOf } from './zip-bytes.ts'

const open = (bytes: Uint8Array) => openZip(sourceOf(bytes, 'a.zip'))
const bytesOf = async (archive: Uint8Array, name: string) => {
  const source = await (await open(archive)).open(name)
  return source.read(0, source.size)
}
const data = Buffer.from('some bytes, some bytes, some bytes')

test('what is packed is unpacked, whatever the form', async () => {
  const entry = fc.record({
    data: fc.uint8Array({ maxLength: 200 }),
    deflate: fc.boolean(),
    zip64: fc.boolean(),
    streamed: fc.boolean(),
  })
  const archives = fc.tuple(fc.array(entry, { maxLength: 5 }), fc.boolean(), fc.string({ maxLength: 30 }))
  await fc.assert(
    fc.asyncProperty(archives, async ([contents, zip64, comment]) => {
      const entries = contents.map((content, i) => ({ ...content, name: `folder/${i}.npy` }))
      const bytes = zipOf(entries, { zip64, comment })
      expect((await open(bytes)).entries.map(({ name }) => name)).toEqual(entries.map(({ name }) => name))
      for (const { name, data } of entries) expect(Buffer.compare(await bytesOf(bytes, name), data)).toBe(0)
    }),
  )
})

describe('names', () => {
  test.each([
    ['../a', 'climbs out of its folder'],
    ['a/../../b', 'climbs out of its folder'],
    ['a/..', 'climbs out of its folder'],
    ['/etc/passwd', 'is absolute'],
    ['C:/a', 'is absolute'],
    ['a\\b', 'holds a backslash'],
    ['a\0.npy', 'holds a NUL'],
    ['', 'is empty'],
    ['a'.repeat(5000), 'is longer'],
  ])('%j', async (name, why) => {
    await expect(open(zipOf([{ name, data }]))).rejects.toMatchObject({
      code: 'ZIP_NAME',
      message: expect.stringContaining(why),
    })
  })

  test('that are not UTF-8', async () => {
    await expect(open(zipOf([{ name: Uint8Array.of(0xff, 0xfe), data }]))).rejects.toMatchObject({
      code: 'ZIP_NAME',
    })
  })

  test('that occur twice', async () => {
    const entry = { name: 'a', data }
    await expect(open(zipOf([entry, entry]))).rejects.toMatchObject({
      code: 'ZIP_NAME',
      message: /two entries/,
    })
  })
})

describe('directory and local header that disagree', () => {
  test.each([
    ['on the name', { local: { name: 'b' } }],
    ['on the size', { local: { size: 3 } }],
    ['on the checksum', { local: { crc32: 1 } }],
    ['on the method', { local: { method: 8 } }],
    ['on an unread method', { deflate: true, local: { method: 12 } }],
    ['on who says the size', { central: { flags: 8 } }],
  ])('%s', async (_, lie) => {
    await expect(bytesOf(zipOf([{ name: 'a', data, ...lie }]), 'a')).rejects.toMatchObject({
      code: 'ZIP_INVALID',
    })
  })
})

describe('bombs', () => {
  test('a size that deflate can not reach is refused before anything is unpacked', async () => {
    const both = { central: { size: 2 ** 29 }, local: { size: 2 ** 29 } }
    await expect(bytesOf(zipOf([{ name: 'a', data, deflate: true, ...both }]), 'a')).rejects.toMatchObject({
      code: 'DATA_LIMIT',
    })
  })

  test('more bytes than stated are not unpacked', async () => {
    const zeros = new Uint8Array(10_000_000)
    const both = { central: { size: 1000 }, local: { size: 1000 } }
    await expect(
      bytesOf(zipOf([{ name: 'a', data: zeros, deflate: true, ...both }]), 'a'),
    ).rejects.toMatchObject({
      code: 'ZIP_INVALID',
      message: /could not be unpacked/,
    })
  })

  test('entries that share bytes', async () => {
    const bytes = zipOf([
      { name: 'a', data },
      { name: 'b', data, central: { offset: 0 } },
    ])
    await expect(open(bytes)).rejects.toMatchObject({ code: 'ZIP_INVALID', message: /overlaps/ })
  })

  test('a million entries that are said', async () => {
    await expect(open(zipOf([{ name: 'a', data }], { count: 1_000_000, zip64: true }))).rejects.toMatchObject(
      { code: 'DATA_LIMIT' },
    )
  })

  test('a count that is not the number of entries', async () => {
    await expect(open(zipOf([{ name: 'a', data }], { count: 2 }))).rejects.toMatchObject({
      code: 'ZIP_INVALID',
    })
  })
})

test.each([
  ['encrypted', { central: { flags: 1 } }],
  ['of an unread compression', { central: { method: 12 } }],
])('entries that are %s are refused as such', async (_, how) => {
  await expect(open(zipOf([{ name: 'a', data, ...how }]))).rejects.toMatchObject({ code: 'ZIP_UNSUPPORTED' })
})

test('a deflated entry whose bytes were changed fails its checksum', async () => {
  const bytes = zipOf([{ name: 'a', data, deflate: true, central: { crc32: 7 }, local: { crc32: 7 } }])
  await expect(bytesOf(bytes, 'a')).rejects.toMatchObject({ code: 'ZIP_INVALID', message: /checksum/ })
})

describe('an entry that is checked on demand', () => {
  const archive = async (entries: Parameters<typeof zipOf>[0]) => open(zipOf(entries))
  const wrong = { central: { crc32: 7 }, local: { crc32: 7 } }

  test('is as its checksum says', async () => {
    const good = await archive([
      { name: 'a', data },
      { name: 'b', data, deflate: true },
    ])
    await good.verify('a')
    await good.verify('b')
  })

  test.each([false, true])('is not (deflated: %s)', async deflate => {
    const bad = await archive([{ name: 'a', data, deflate, ...wrong }])
    await expect(bad.verify('a')).rejects.toMatchObject({ code: 'ZIP_INVALID', message: /checksum/ })
  })

  test('is missing', async () => {
    await expect((await archive([{ name: 'a', data }])).verify('__proto__')).rejects.toMatchObject({
      code: 'ZIP_ENTRY_MISSING',
    })
  })
})

describe('an entry above what is held in memory', () => {
  const large = Buffer.alloc(MAX_HELD_BYTES + 1000, 'weights, weights! ')

  test('is unpacked to disk', async () => {
    const archive = await open(zipOf([{ name: 'a', data: large, deflate: true }]))
    const source = await archive.open('a')
    expect(source.size).toBe(large.length)
    expect(Buffer.from(await source.read(large.length - 9, 9))).toEqual(large.subarray(-9))
    await source.close()
  })

  test.each([
    ['states a wrong checksum', { crc32: 7 }, /checksum/],
    ['states a smaller size', { size: large.length - 1 }, /more than it says/],
    ['states a larger size', { size: large.length + 1 }, /and says/],
  ])('that %s is refused', async (_, lie, message) => {
    const archive = await open(zipOf([{ name: 'a', data: large, deflate: true, central: lie, local: lie }]))
    await expect(archive.open('a')).rejects.toMatchObject({ code: 'ZIP_INVALID', message })
  })

  test('beyond 1 GiB may not shrink to under a hundredth', async () => {
    const lie = { size: 2 ** 30 + 1 }
    const packed = zipOf([
      { name: 'a', data: Buffer.alloc(2 ** 23), central: lie, local: lie, deflate: true },
    ])
    await expect((await open(packed)).open('a')).rejects.toMatchObject({ code: 'DATA_LIMIT' })
  })
})

test('every truncation is refused', async () => {
  const whole = zipOf(
    [
      { name: 'a', data },
      { name: 'b', data, deflate: true },
    ],
    { zip64: true },
  )
  for (let length = 0; length < whole.length; length++) {
    await expect(open(whole.subarray(0, length))).rejects.toMatchObject({
      code: expect.stringMatching(/^ZIP_INVALID$/),
    })
  }
})

test('an archive with any byte changed gives its bytes or a clean error', async () => {
  const whole = zipOf([
    { name: 'a', data },
    { name: 'b', data, deflate: true },
  ])
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole)
      bytes[at] = value
      try {
        const archive = await open(bytes)
        for (const { name } of archive.entries) await bytesOf(bytes, name)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(ZIP_|DATA_LIMIT)/) })
      }
    }),
    { numRuns: 500 },
  )
})
