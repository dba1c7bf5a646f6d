import { randomFillSync } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import { DiskBlobStore } from './blob-store.ts'

/** Beyond what is hashed where it comes in, and no whole number of anything. */
const LARGE = randomFillSync(Buffer.alloc((20 << 20) + 12_345))
let folder: string
let store: DiskBlobStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-write-'))
  store = await DiskBlobStore.open(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const parts = function* (bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const stream = (bytes: Buffer, size = 65_536) => Readable.from(parts(bytes, size), { objectMode: false })
const leftovers = () => readdir(join(folder, 'tmp'))

describe('a file that a thread hashes', () => {
  test.each([10_000, 65_536, 7 << 20, 64 << 20])(
    'comes back as it was put in parts of %d bytes',
    async size => {
      const digest = digestOf(LARGE)
      expect(await store.put(digest, stream(LARGE, size))).toEqual({ size: LARGE.length })
      expect((await buffer(await store.stream(digest))).equals(LARGE)).toBe(true)
    },
  )

  test('several at once have each their own digest', async () => {
    const all = [1, 2, 3, 4].map(i => LARGE.subarray(i))
    await Promise.all(all.map(bytes => store.put(digestOf(bytes), stream(bytes))))
    for (const bytes of all) await store.verify(digestOf(bytes))
  })

  test('with one bit changed, cut off, or too long leaves nothing', async () => {
    const changed = Buffer.from(LARGE)
    changed[changed.length - 1]! ^= 1
    const digest = digestOf(LARGE.subarray(1))
    await expect(store.put(digest, stream(changed))).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH' })
    await expect(store.put(digest, stream(LARGE), { maxBytes: LARGE.length - 1 })).rejects.toMatchObject({
      code: 'BLOB_TOO_LARGE',
    })
    const cut = Readable.from(
      (function* () {
        yield LARGE
        throw new Error('The client went away')
      })(),
      { objectMode: false },
    )
    await expect(store.put(digest, cut)).rejects.toThrow('went away')
    expect(await leftovers()).toEqual([])
  })
})

test('buffers are freed when they are written, if they are nobody else’s; others stay', async () => {
  const digest = digestOf(LARGE)
  const own = [...parts(LARGE, 1 << 20)].map(part => new Uint8Array(part))
  const shared = [...parts(LARGE, 1 << 20)]
  await store.put(digest, Readable.from(own), { disposable: true })
  expect(own.every(({ byteLength }) => byteLength === 0)).toBe(true)
  await store.verify(digest)
  await store.put(digest, Readable.from(shared), { disposable: true })
  expect(digestOf(LARGE)).toBe(digest)
  const kept = [new Uint8Array(LARGE)]
  await store.put(digest, Readable.from(kept))
  expect(kept[0]).toHaveLength(LARGE.length)
})
