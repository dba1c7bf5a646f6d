import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeControlPlane } from '../../../test/fixtures/control-plane.ts'
import { digestOf } from '../../core/index.ts'
import { BlobCache } from './blobs.ts'
import { Places } from './places.ts'
import { identify, isAlive, startDetached, tailOf } from './processes.ts'

let folder: string
const plane = new FakeControlPlane()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'))
  await plane.start()
})
afterEach(async () => {
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

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

test('a process is told from a later one with its number', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
  const id = await identify(child.pid!)
  expect(await isAlive(id)).toBe(true)
  expect(await isAlive({ ...id, startTime: `${Number(id.startTime) - 1}` })).toBe(false)
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  expect(await isAlive(id)).toBe(false)
})

test('a detached process leads its own group and writes to its log', async () => {
  const log = join(folder, 'log.txt')
  const script = 'for (let i = 0; i < 20; i++) console.log("line " + i); console.error(process.ppid > 0)'
  const child = await startDetached([process.execPath, '-e', script], log)
  await once(child, 'exit')
  expect(await tailOf(log, 2)).toBe('line 19\ntrue')
  expect(await tailOf(join(folder, 'none'), 2)).toBe('')
})

test('a socket lies in the host folder, or where its path is short enough', async () => {
  const near = await new Places(folder).socket('rep_1')
  expect(near.startsWith(folder)).toBe(true)
  const far = await new Places(join(folder, 'x'.repeat(100))).socket('rep_1')
  expect(Buffer.byteLength(far)).toBeLessThanOrEqual(104)
  expect(far.startsWith(folder)).toBe(false)
  expect((await stat(join(far, '..'))).mode & 0o077).toBe(0)
})
