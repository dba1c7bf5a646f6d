import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import { DiskBlobStore } from './blob-store.ts'

const HELLO = Buffer.from('hello, blob')
const DIGEST = digestOf(HELLO)
const HOUR = 3_600_000

let root: string
let store: DiskBlobStore
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-blobs-'))
  store = await DiskBlobStore.open(root)
})
afterEach(() => rm(root, { recursive: true }))

const putHello = () => store.put(DIGEST, Readable.from([HELLO]))

test('a blob is a read-only file under the first two digits of its digest', async () => {
  await putHello()
  const path = store.localPath(DIGEST)!
  const hex = DIGEST.slice('sha256:'.length)
  expect(relative(root, path)).toBe(join('blobs', 'sha256', hex.slice(0, 2), hex.slice(2)))
  expect((await stat(path)).mode & 0o777).toBe(0o444)
  expect(await readFile(path)).toEqual(HELLO)
})

test('opening a folder again finds what was stored', async () => {
  await putHello()
  const again = await DiskBlobStore.open(root)
  expect(await again.has(DIGEST)).toBe(true)
})

test('verify tells a blob that the disk altered', async () => {
  await putHello()
  await expect(store.verify(DIGEST)).resolves.toBeUndefined()
  const path = store.localPath(DIGEST)!
  await chmod(path, 0o644)
  await appendFile(path, '!')
  await expect(store.verify(DIGEST)).rejects.toMatchObject({
    code: 'BLOB_DIGEST_MISMATCH',
    details: { expected: DIGEST, actual: digestOf('hello, blob!'), size: HELLO.length + 1 },
  })
  await expect(store.verify(digestOf('absent'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
})

test('sweep removes old leftovers of uploads, and neither young ones nor what is not ours', async () => {
  const files = { 'old.part': 2 * HOUR, 'young.part': HOUR / 2, 'notes.txt': 2 * HOUR }
  for (const [name, age] of Object.entries(files)) {
    const path = join(root, 'tmp', name)
    await writeFile(path, 'x')
    const time = new Date(Date.now() - age)
    await utimes(path, time, time)
  }
  await putHello()
  expect(await store.sweep(HOUR)).toBe(1)
  expect((await readdir(join(root, 'tmp'))).sort()).toEqual(['notes.txt', 'young.part'])
  expect(await store.has(DIGEST)).toBe(true)
})

test('a failing disk is told as what it is, and the stream is let go', async () => {
  await rm(join(root, 'tmp'), { recursive: true })
  const content = Readable.from([HELLO])
  await expect(store.put(DIGEST, content)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(content.destroyed).toBe(true)
})
