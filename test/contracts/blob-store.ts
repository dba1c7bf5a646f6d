import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/core/index.ts'
import type { BlobStore } from '../../src/registry/index.ts'

/** A store under test, and how many traces of unfinished uploads it holds. */
export interface BlobWorld {
  readonly store: BlobStore
  leftovers(): Promise<number>
  close(): Promise<void>
}

const HELLO = Buffer.from('hello, blob')
const ABSENT = digestOf('never stored')

/** What every adapter of BlobStore keeps to. */
export function describeBlobStore(name: string, openWorld: () => Promise<BlobWorld>): void {
  describe(`blob store: ${name}`, () => {
    let world: BlobWorld
    let store: BlobStore
    beforeEach(async () => {
      world = await openWorld()
      store = world.store
    })
    afterEach(() => world.close())

    const put = (bytes: Uint8Array, digest = digestOf(bytes)) => store.put(digest, chunked(bytes))
    const whole = async (bytes: Uint8Array) => buffer(await store.stream(digestOf(bytes)))

    test.each([
      { what: 'nothing', bytes: Buffer.alloc(0) },
      { what: 'a few bytes', bytes: HELLO },
      { what: 'many chunks', bytes: Buffer.alloc(3_000_001, 'abcdefg') },
    ])('gives back $what as it was put', async ({ bytes }) => {
      expect(await store.has(digestOf(bytes))).toBe(false)
      expect(await put(bytes)).toEqual({ size: bytes.length })
      expect(await store.has(digestOf(bytes))).toBe(true)
      expect((await whole(bytes)).equals(bytes)).toBe(true)
    })

    test.each([
      [0, 5, 'hello'],
      [7, 11, 'blob'],
      [3, 3, ''],
      [0, 11, 'hello, blob'],
      [11, 11, ''],
    ])('streams the range %i to %i', async (start, end, text) => {
      await put(HELLO)
      const range = await buffer(await store.stream(digestOf(HELLO), { start, end }))
      expect(range.toString()).toBe(text)
    })

    test.each([
      [-1, 3],
      [4, 3],
      [0, 12],
      [0.5, 3],
      [0, Number.NaN],
    ])('refuses the range %d to %d', async (start, end) => {
      await put(HELLO)
      await expect(store.stream(digestOf(HELLO), { start, end })).rejects.toMatchObject({
        code: 'RANGE_OUT_OF_BOUNDS',
      })
    })

    test('opens a blob for reads by range', async () => {
      await put(HELLO)
      const source = await store.open(digestOf(HELLO))
      expect(source.size).toBe(HELLO.length)
      expect(Buffer.from(await source.read(7, 4)).toString()).toBe('blob')
      await expect(source.read(7, 5)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
      await source.close()
    })

    test('what is absent is not found, in every way of asking', async () => {
      const notFound = { code: 'BLOB_NOT_FOUND' }
      expect(await store.has(ABSENT)).toBe(false)
      await expect(store.open(ABSENT)).rejects.toMatchObject(notFound)
      await expect(store.stream(ABSENT)).rejects.toMatchObject(notFound)
    })

    test('other bytes than the digest names leave nothing', async () => {
      await expect(put(HELLO, ABSENT)).rejects.toMatchObject({
        code: 'BLOB_DIGEST_MISMATCH',
        details: { expected: ABSENT, actual: digestOf(HELLO), size: HELLO.length },
      })
      expect([await store.has(ABSENT), await store.has(digestOf(HELLO))]).toEqual([false, false])
      expect(await world.leftovers()).toBe(0)
    })

    test('more bytes than allowed are refused as soon as they are too many, and leave nothing', async () => {
      let given = 0
      const endless = Readable.from(
        (function* () {
          for (;;) {
            given += 1000
            yield Buffer.alloc(1000)
          }
        })(),
      )
      const limited = store.put(ABSENT, endless, { maxBytes: 10_000 })
      await expect(limited).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' })
      // The stream reads ahead by its own buffer, and no further.
      expect(given).toBeLessThan(1_000_000)
      expect(endless.destroyed).toBe(true)
      expect(await world.leftovers()).toBe(0)
    })

    test('exactly the bytes that are allowed are taken', async () => {
      const limits = { maxBytes: HELLO.length }
      await expect(store.put(digestOf(HELLO), chunked(HELLO), limits)).resolves.toEqual({
        size: HELLO.length,
      })
    })

    test.each([
      { when: 'at once', chunks: 0 },
      { when: 'midway', chunks: 3 },
    ])('an upload that breaks off $when leaves nothing', async ({ chunks }) => {
      const broken = Readable.from(
        (function* () {
          for (let i = 0; i < chunks; i++) yield Buffer.alloc(1000)
          throw new Error('connection lost')
        })(),
      )
      await expect(store.put(ABSENT, broken)).rejects.toThrow('connection lost')
      expect(await store.has(ABSENT)).toBe(false)
      expect(await world.leftovers()).toBe(0)
    })

    test('a stream that broke before it was handed over is refused', async () => {
      const broken = new Readable({ read() {} })
      broken.on('error', () => undefined)
      broken.destroy(new Error('gone already'))
      await expect(store.put(ABSENT, broken)).rejects.toThrow('gone already')
      expect(await world.leftovers()).toBe(0)
    })

    test('putting again, at the same time too, is a success', async () => {
      const sizes = await Promise.all(Array.from({ length: 8 }, () => put(HELLO)))
      expect(sizes).toEqual(Array.from({ length: 8 }, () => ({ size: HELLO.length })))
      expect(await put(HELLO)).toEqual({ size: HELLO.length })
      expect((await whole(HELLO)).equals(HELLO)).toBe(true)
      expect(await world.leftovers()).toBe(0)
    })

    test('a reader keeps its bytes while the same blob is put again', async () => {
      await put(HELLO)
      const source = await store.open(digestOf(HELLO))
      await put(HELLO)
      expect(Buffer.from(await source.read(0, 5)).toString()).toBe('hello')
      await source.close()
    })

    test.each([
      'sha256:../../../etc/passwd',
      'sha256:',
      'md5:00',
      `sha256:${'A'.repeat(64)}`,
      `sha256:${'a'.repeat(64)}/x`,
    ])('%s is no digest, whatever the type says', async text => {
      const forged = text as ReturnType<typeof digestOf>
      expect(await store.has(forged)).toBe(false)
      expect(store.localPath(forged)).toBeUndefined()
      await expect(store.open(forged)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
      await expect(store.put(forged, chunked(HELLO))).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH' })
    })
  })
}

/** A stream in uneven pieces, as a socket gives them. */
function chunked(bytes: Uint8Array): Readable {
  return Readable.from(
    (function* () {
      let size = 1
      for (let at = 0; at < bytes.length; at += size, size = Math.min(size * 3, 65_536)) {
        yield Buffer.from(bytes.subarray(at, at + size))
      }
    })(),
  )
}
