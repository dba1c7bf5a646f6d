import { chmod, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckReportView, CollectReportView, StoreStatsView } from '../../src/api/index.ts'
import { digestOf, hexOf } from '../../src/core/index.ts'
import { noise, safetensors, weights } from '../server/store.ts'
import { type Ran, run, startWorld, until, type World } from '../server/world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')
const PROJECT = 'team/models'

let world: World
beforeAll(async () => {
  world = await startWorld(undefined, { store: { command: [process.execPath, ENTRY] } })
  await world.admin('POST', '/projects', { name: PROJECT })
})
afterAll(() => world.stop())

const stats = () => world.admin<StoreStatsView>('GET', '/registry/stats')
const store = () => join(world.folder, 'data', 'blobs')

/** Through Git LFS, as its client does. */
async function lfs(operation: 'upload' | 'download', bytes: Uint8Array) {
  const token = await world.secret()
  const authorization = `Basic ${Buffer.from(`anyone:${token}`).toString('base64')}`
  const headers = {
    authorization,
    accept: 'application/vnd.git-lfs+json',
    'content-type': 'application/vnd.git-lfs+json',
  }
  const objects = [{ oid: hexOf(digestOf(bytes)), size: bytes.length }]
  const body = JSON.stringify({ operation, transfers: ['basic'], objects })
  const answer = await fetch(`${world.url}/${PROJECT}.git/info/lfs/objects/batch`, {
    method: 'POST',
    headers,
    body,
  })
  const { objects: [object] = [] } = (await answer.json()) as {
    objects?: {
      actions?: Record<string, { href: string; header?: Record<string, string> }>
      error?: unknown
    }[]
  }
  const action = object?.actions?.[operation]
  if (!action) return { object, response: undefined }
  const response = await fetch(action.href, {
    method: operation === 'upload' ? 'PUT' : 'GET',
    headers: { ...action.header },
    ...(operation === 'upload' && { body: new Uint8Array(bytes) }),
  })
  return { object, response }
}

async function upload(bytes: Uint8Array): Promise<void> {
  const { response } = await lfs('upload', bytes)
  expect(response?.status).toBe(200)
}

async function download(bytes: Uint8Array): Promise<Buffer> {
  const { response } = await lfs('download', bytes)
  return Buffer.from(await response!.arrayBuffer())
}

const packed = (objects: number) =>
  until(
    `${objects} objects are packed`,
    async () => {
      const { packed, waiting } = await stats()
      return packed >= objects && waiting.objects === 0
    },
    60_000,
  )

async function ballast(...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret(), NO_COLOR: '1' }
  return run(process.execPath, [ENTRY, ...args], world.folder, env)
}

const wholeFile = (bytes: Uint8Array) => {
  const hex = hexOf(digestOf(bytes))
  return join(store(), 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2))
}

test('what is uploaded is packed by a process of its own, and read again without its whole file', async () => {
  const base = weights('base', 200_000)
  const versions = [0, 1e-4].map(by =>
    safetensors({
      embedding: base.map((value, i) => value * (1 + by * Math.sin(i))),
      head: weights('head', 1000),
    }),
  )
  for (const [nth, bytes] of versions.entries()) {
    await upload(bytes)
    await packed(nth + 1)
    await unlink(wholeFile(bytes))
  }
  for (const bytes of versions) expect((await download(bytes)).equals(bytes)).toBe(true)
  const { saved, packs, storedBytes, logicalBytes } = await stats()
  expect(packs).toBe(2)
  expect(saved.delta).toBeGreaterThan(0)
  expect(storedBytes).toBeLessThan(0.85 * logicalBytes)
  const said = await ballast('registry', 'stats', '--project', PROJECT)
  expect(said.stdout).toMatch(/2 objects of 1\.61 MB are stored in .*\n2 of them packed: 2 packs/)
  expect(said.stdout).toMatch(/delta +\d+ kB +differences to an earlier version/)
})

test('fsck tells what is missing and altered, and repairs what it can', async () => {
  const sound = await ballast('registry', 'fsck', '--repair')
  // Their whole files were removed by hand.
  expect(sound.stdout).toContain('whole-missing (repaired)')
  expect(await ballast('registry', 'fsck')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('all sound'),
  })
  const bytes = noise('to be altered', 200_000)
  await upload(bytes)
  await packed(3)
  const folder = join(store(), 'packs')
  const newest = await newestFile(folder)
  await chmod(newest, 0o600)
  const file = await open(newest, 'r+')
  await file.write(Buffer.from('damage'), 0, 6, 100_000)
  await file.close()
  await unlink(wholeFile(bytes))
  const { response } = await lfs('download', bytes)
  await expect(response!.arrayBuffer()).rejects.toThrow()
  const told = await ballast('registry', 'fsck', '--json')
  expect(told, told.stderr).toMatchObject({ code: 1, stderr: '' })
  const report = JSON.parse(told.stdout) as CheckReportView
  expect(report.damaged).toBe(1)
  expect(report.findings.map(({ kind }) => kind)).toContain('chunk-corrupt')
  expect((await ballast('registry', 'fsck', '--repair')).code).toBe(1)
  // What is lost is asked for again, and then all is well.
  await upload(bytes)
  await packed(3)
  expect((await download(bytes)).equals(bytes)).toBe(true)
  expect(await ballast('registry', 'fsck')).toMatchObject({ code: 0, stderr: '' })
})

test('gc says what would go, and removes what no branch names', async () => {
  const before = await stats()
  const dry = await ballast('registry', 'gc', '--grace', '0s', '--dry-run')
  expect(dry.stdout, dry.stderr).toMatch(/would remove 3 objects/)
  expect((await stats()).objects).toBe(before.objects)
  const kept = await ballast('registry', 'gc')
  expect(kept.stdout).toMatch(/3 kept because they are young/)
  const json = await ballast('registry', 'gc', '--grace', '0s', '--json')
  const report = JSON.parse(json.stdout) as CollectReportView
  expect(report).toMatchObject({ removedCount: 3, live: 0 })
  expect(await stats()).toMatchObject({ objects: 0, packs: 0, chunks: 0, storedBytes: 0 })
})

test('gc keeps what a branch names, whatever its age, and lets it go with the branch', async () => {
  const bytes = noise('on a branch', 50_000)
  await upload(bytes)
  const pointer = `version https://git-lfs.github.com/spec/v1\noid ${digestOf(bytes)}\nsize ${bytes.length}\n`
  const repository = await world.repository(PROJECT, {
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'model.bin': pointer,
  })
  expect((await repository.push('HEAD:refs/heads/feature')).code).toBe(0)
  const collect = async () => JSON.parse((await ballast('registry', 'gc', '--grace', '0s', '--json')).stdout)
  expect(await collect()).toMatchObject({ live: 1, removedCount: 0 })
  expect((await download(bytes)).equals(bytes)).toBe(true)
  expect((await repository.git('push', await repository.remote(), ':refs/heads/feature')).code).toBe(0)
  expect(await collect()).toMatchObject({ live: 0, removedCount: 1 })
})

test('a quota refuses an upload before it is sent', async () => {
  expect((await ballast('registry', 'quota', PROJECT, '100 kB')).stdout).toBe(
    `${PROJECT}: 0 objects, 0 B, of 100 kB\n`,
  )
  const { object, response } = await lfs('upload', noise('too much', 150_000))
  expect(response).toBeUndefined()
  expect(JSON.stringify(object)).toContain('100 kB')
  expect((await ballast('registry', 'quota', PROJECT, 'none')).stdout).toContain('no limit')
  await upload(noise('too much', 150_000))
})

test('only an admin looks after the store', async () => {
  const token = await world.person('ada', 'maintainer', PROJECT, ['read', 'push', 'deploy'])
  for (const [method, path] of [
    ['GET', '/registry/stats'],
    ['POST', '/registry/collections'],
    ['POST', '/registry/checks'],
    ['PUT', `/registry/quotas/${encodeURIComponent(PROJECT)}`],
  ] as const)
    expect(
      await world.call(method, `/api/v1${path}`, { token, body: method === 'GET' ? undefined : {} }),
    ).toMatchObject({
      status: 403,
    })
  const own = await world.call('GET', `/api/v1/registry/stats?project=${encodeURIComponent(PROJECT)}`, {
    token,
  })
  expect(own.status).toBe(200)
})

async function newestFile(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true })
  const files = await Promise.all(
    names.map(async name => ({ path: join(folder, name), stat: await stat(join(folder, name)) })),
  )
  return files
    .filter(({ stat: { mode } }) => (mode & 0o170000) === 0o100000)
    .toSorted((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)[0]!.path
}
