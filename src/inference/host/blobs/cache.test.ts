import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeControlPlane } from '../../../../test/fixtures/control-plane.ts'
import type { BlobRefWire } from '../../../api/index.ts'
import { digestOf } from '../../../core/index.ts'
import { openVerdict, UNVERIFIED } from '../../replica/verdict.ts'
import { BlobCache } from './cache.ts'
import { isLoopback } from './neighbour.ts'

let folder: string
let plane: FakeControlPlane

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'))
  plane = new FakeControlPlane()
  await plane.start()
})
afterEach(async () => {
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The bytes of a download lie in its part by the time that they count. */
async function untilTaken(part: string, end: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while ((await stat(part).catch(() => undefined))?.size !== end) {
    if (Date.now() > deadline) throw new Error(`${end} bytes did not come to ${part}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function aCache(): Promise<BlobCache> {
  const cache = new BlobCache({ serverUrl: plane.url, token: plane.token, folder })
  await cache.open()
  return cache
}

test('a version is laid out under its names, each blob fetched once', async () => {
  const cache = await aCache()
  const before = plane.blobRequests
  const files = [
    plane.addBlob('model.onnx', Buffer.from('graph')),
    plane.addBlob('data/weights.bin', Buffer.from('w')),
  ]
  const [at, again] = await Promise.all([cache.layOut('ver_1', files), cache.layOut('ver_1', files)])
  expect(again).toBe(at)
  await cache.layOut('ver_2', [{ ...files[0]!, name: 'other.onnx' }])
  expect(plane.blobRequests - before).toBe(2)
  expect(await readFile(join(at, 'model.onnx'), 'utf8')).toBe('graph')
  expect(await readFile(join(at, 'data/weights.bin'), 'utf8')).toBe('w')
})

test.each([['../escape'], ['/etc/passwd'], ['a/../../escape'], ['.'], ['']])(
  'a file named %j is refused',
  async name => {
    const cache = await aCache()
    const blob = plane.addBlob(name, Buffer.from('x'))
    await expect(cache.layOut('ver_1', [blob])).rejects.toMatchObject({ code: 'SPEC_INVALID' })
  },
)

test.each([
  ['other bytes', { digest: digestOf('expected'), size: 5 }, 'BLOB_UNAVAILABLE'],
  ['fewer bytes than promised', { digest: digestOf('hello'), size: 6 }, 'BLOB_MISMATCH'],
  ['more bytes than promised', { digest: digestOf('hello'), size: 4 }, 'BLOB_MISMATCH'],
  ['no digest', { digest: 'sha256:../../x', size: 5 }, 'SPEC_INVALID'],
])('%s never get a name in the cache', async (_, ref, code) => {
  const cache = await aCache()
  plane.addBlob('hello', Buffer.from('hello'))
  await expect(cache.fetch({ name: 'x', ...ref })).rejects.toMatchObject({ code })
  expect(await readdir(join(folder, 'blobs'))).toEqual([])
})

test('an id can not name a folder outside', async () => {
  const cache = await aCache()
  const at = await cache.layOut('..', [plane.addBlob('model.onnx', Buffer.from('x'))])
  expect(at).toBe(join(folder, 'versions', '%2E%2E'))
})

test('what a crash left half-written is cleared', async () => {
  await mkdir(join(folder, 'blobs'))
  await writeFile(join(folder, 'blobs', '.abc.part'), 'half')
  await aCache()
  expect(await readdir(join(folder, 'blobs'))).toEqual([])
})

test('what was wanted for long has its day when it no longer is', async () => {
  const cache = await aCache()
  const blob = plane.addBlob('model.onnx', Buffer.from('served for a week'))
  const path = await cache.fetch(blob)
  const long = new Date(Date.now() - 7 * 24 * 3_600_000)
  await utimes(path, long, long)
  await cache.collect({ versions: new Set(), digests: new Set([blob.digest]) })
  await cache.collect({ versions: new Set(), digests: new Set() })
  expect(await readFile(path, 'utf8')).toBe('served for a week')
})

test('what nobody wants is removed after a day, and not before', async () => {
  const cache = await aCache()
  const [wanted, old, fresh] = ['wanted', 'old', 'fresh'].map(text => plane.addBlob(text, Buffer.from(text)))
  for (const [i, blob] of [wanted!, old!, fresh!].entries()) await cache.layOut(`ver_${i}`, [blob])
  const long = new Date(Date.now() - 48 * 3_600_000)
  for (const blob of [wanted!, old!]) await utimes(join(folder, 'blobs', blob.digest.slice(7)), long, long)
  for (const version of ['ver_0', 'ver_1']) await utimes(join(folder, 'versions', version), long, long)
  await cache.collect({ versions: new Set(['ver_0']), digests: new Set([wanted!.digest]) })
  expect((await readdir(join(folder, 'versions'))).sort()).toEqual(['ver_0', 'ver_2'])
  expect((await readdir(join(folder, 'blobs'))).sort()).toEqual(
    [wanted!, fresh!].map(({ digest }) => digest.slice(7)).sort(),
  )
})

describe('a download that breaks off', () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251))

  test('goes on where it stopped', async () => {
    const cache = await aCache()
    const blob = plane.addBlob('model.onnx', bytes)
    const part = join(folder, 'blobs', `.${blob.digest.slice(7)}.part`)
    plane.breaksAfter = 300
    plane.taken = end => untilTaken(part, end)
    const path = await cache.fetch(blob)
    expect(await readFile(path)).toEqual(bytes)
    expect(plane.blobRequests).toBe(4)
    expect((await stat(path)).mode & 0o222).toBe(0)
  })

  test('is gone on with by a later host, which trusts nothing of it', async () => {
    const blob = plane.addBlob('model.onnx', bytes)
    const part = join(folder, 'blobs', `.${blob.digest.slice(7)}.part`)
    await mkdir(join(folder, 'blobs'))
    await writeFile(part, bytes.subarray(0, 900))
    plane.breaksAfter = 100
    const cache = await aCache()
    expect(await readFile(await cache.fetch(blob))).toEqual(bytes)
    expect(plane.blobRequests).toBe(1)
    const other = plane.addBlob('other.onnx', Buffer.concat([bytes, bytes]))
    const otherPart = join(folder, 'blobs', `.${other.digest.slice(7)}.part`)
    await writeFile(otherPart, 'wrong from the start')
    plane.breaksAfter = undefined
    await expect(cache.fetch(other)).rejects.toMatchObject({ code: 'BLOB_MISMATCH' })
    expect(await readFile(await cache.fetch(other))).toEqual(Buffer.concat([bytes, bytes]))
  })

  test('and brings nothing any more is given up, with what came kept', async () => {
    const cache = await aCache()
    const blob = plane.addBlob('model.onnx', bytes)
    const part = join(folder, 'blobs', `.${blob.digest.slice(7)}.part`)
    await writeFile(part, bytes.subarray(0, 10))
    plane.breaksAfter = 0
    await expect(cache.fetch(blob)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' })
    expect(await readFile(part)).toEqual(bytes.subarray(0, 10))
  })
})

describe('a control plane on the same machine', () => {
  const bytes = Buffer.from('the model')
  let blob: BlobRefWire
  let stored: string

  beforeEach(async () => {
    blob = plane.addBlob('model.onnx', bytes)
    stored = join(folder, 'stored')
    await writeFile(stored, bytes, { mode: 0o444 })
    await place(stored)
  })

  async function place(path: string, more: object = {}): Promise<void> {
    const { dev, ino } = await stat(path, { bigint: true })
    const found = { path, size: blob.size, device: String(dev), inode: String(ino) }
    plane.places.set(blob.digest, { ...found, ...more })
  }

  test('gives its own file a second name', async () => {
    const path = await (await aCache()).fetch(blob)
    expect((await stat(path)).ino).toBe((await stat(stored)).ino)
    expect(plane.blobRequests).toBe(0)
    expect(await readdir(join(folder, 'blobs'))).toEqual([blob.digest.slice(7)])
  })

  test.each<readonly [string, () => Promise<unknown>]>([
    ['says nothing', async () => plane.places.clear()],
    ['names no file', () => place(stored, { path: join(folder, 'nowhere') })],
    ['names a relative path', () => place(stored, { path: 'stored' })],
    ['names another inode', () => place(stored, { inode: '1' })],
    ['names another device', () => place(stored, { device: '1' })],
    ['names a file that may be written', () => chmod(stored, 0o644)],
    [
      'names a file that has grown',
      () =>
        rm(stored)
          .then(() => writeFile(stored, 'longer than it was', { mode: 0o444 }))
          .then(() => place(stored)),
    ],
    [
      'names a link',
      async () => {
        await symlink(stored, join(folder, 'link'))
        await place(stored, { path: join(folder, 'link') })
      },
    ],
    ['names a folder', () => place(folder)],
    [
      'answers with no place',
      async () => plane.places.set(blob.digest, { path: '', size: 1, device: 'x', inode: '' }),
    ],
  ])('that %s is asked for the bytes', async (_, arrange) => {
    await arrange()
    const path = await (await aCache()).fetch(blob)
    expect(await readFile(path)).toEqual(bytes)
    expect(plane.blobRequests).toBe(1)
    expect((await stat(path)).nlink).toBe(1)
  })

  test('may let its name go: the bytes stay', async () => {
    const path = await (await aCache()).fetch(blob)
    await rm(stored)
    expect(await readFile(path)).toEqual(bytes)
  })
})

describe('a control plane on the same machine that has yet to compare its bytes', () => {
  const bytes = Buffer.from('the model')
  let blob: BlobRefWire
  let compared: PromiseWithResolvers<string | undefined>

  beforeEach(async () => {
    blob = plane.addBlob('model.onnx', bytes)
    compared = Promise.withResolvers()
    const draft = join(folder, 'draft')
    await writeFile(draft, bytes, { mode: 0o444 })
    plane.placeOf = async (digest, early) => {
      if (digest !== blob.digest) return undefined
      const path = early ? draft : await compared.promise
      if (path === undefined) return undefined
      const { dev, ino, size } = await stat(path, { bigint: true })
      return { path, size: Number(size), device: String(dev), inode: String(ino), verified: !early }
    }
  })

  /** As a restored copy gets its name, and is asked for by who has not heard of that. */
  async function kept(): Promise<string> {
    await link(join(folder, 'draft'), join(folder, 'kept'))
    return join(folder, 'kept')
  }

  test('gives a file that is marked until it is compared', async () => {
    const at = await (await aCache()).layOut('ver_1', [blob])
    expect(await readFile(join(at, 'model.onnx'))).toEqual(bytes)
    expect(await readdir(at)).toContain(UNVERIFIED)
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
    const verdict = await openVerdict(join(at, 'model.onnx'))
    compared.resolve(await kept())
    await verdict.awaited()
    expect(await readdir(at)).toEqual(['model.onnx'])
    expect((await stat(join(folder, 'blobs', blob.digest.slice(7)))).ino).toBe(
      (await stat(join(folder, 'kept'))).ino,
    )
    expect(plane.blobRequests).toBe(0)
  })

  test('is waited for by whoever asks again', async () => {
    const cache = await aCache()
    await cache.layOut('ver_1', [blob])
    const again = cache.layOut('ver_1', [blob])
    compared.resolve(await kept())
    expect(await readdir(await again)).toEqual(['model.onnx'])
  })

  test.each<readonly [string, () => Promise<string | undefined>]>([
    ['nothing', async () => undefined],
    [
      'another file',
      async () => {
        await writeFile(join(folder, 'restored'), bytes, { mode: 0o444 })
        return join(folder, 'restored')
      },
    ],
  ])('and finds %s right: its files go, and are fetched again', async (_, found) => {
    const cache = await aCache()
    const at = await cache.layOut('ver_1', [blob])
    const verdict = await openVerdict(join(at, 'model.onnx'))
    compared.resolve(await found())
    await expect(verdict.awaited()).rejects.toMatchObject({ code: 'BLOB_MISMATCH' })
    const later = await cache.layOut('ver_1', [blob])
    expect(await readdir(later)).toEqual(['model.onnx'])
    expect((await stat(join(later, 'model.onnx'))).ino).not.toBe((await stat(join(folder, 'draft'))).ino)
    // What was wrong once is not taken early any more.
    expect(await readdir(await cache.layOut('ver_2', [blob]))).toEqual(['model.onnx'])
    expect(await readdir(join(folder, 'versions'))).toEqual(['ver_1', 'ver_2'])
  })

  test('lays out all files of a version so, or none', async () => {
    const other = plane.addBlob('data/weights.bin', Buffer.from('w'))
    const laying = (await aCache()).layOut('ver_1', [blob, other])
    compared.resolve(await kept())
    const at = await laying
    expect((await readdir(at, { recursive: true })).sort()).toEqual([
      'data',
      'data/weights.bin',
      'model.onnx',
    ])
    expect(await readdir(join(folder, 'versions'))).toEqual(['ver_1'])
  })

  test('is asked again by a host that ended meanwhile', async () => {
    const first = await (await aCache()).layOut('ver_1', [blob])
    const verdict = await openVerdict(join(first, 'model.onnx'))
    const cache = await aCache()
    await expect(verdict.awaited()).rejects.toMatchObject({ code: 'BLOB_MISMATCH' })
    expect(await readdir(join(folder, 'versions'))).toEqual([])
    const at = await cache.layOut('ver_1', [blob])
    const next = await openVerdict(join(at, 'model.onnx'))
    compared.resolve(await kept())
    await next.awaited()
  })
})

test.each([
  ['http://127.0.0.1:7420', true],
  ['http://[::1]:7420', true],
  ['http://localhost', true],
  ['https://ballast.example.org', false],
  ['http://10.0.0.1', false],
  ['http://127.0.0.1.example.org', false],
  ['http://localhost.example.org', false],
])('%s is this machine: %s', (url, is) => {
  expect(isLoopback(url)).toBe(is)
})
