import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Offer, OfferedCache } from '../../src/api/index.ts'
import { digestOf } from '../../src/core/index.ts'
import { ControlPlaneCaches } from '../../src/runner/cache/shared.ts'
import { ControlPlane } from '../../src/runner/control/control-plane.ts'
import {
  type CachePlace,
  CacheShelf,
  ContentStore,
  restoreCaches,
  saveCaches,
} from '../../src/runner/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { modelFiles, startWorld, type World } from '../server/world.ts'

const HERE = new AbortController().signal
let world: World
let runner: FakeRunner
let control: ControlPlane
let folder: string
let said: string[]
/** What a runner says of its attempts, or it loses them. */
let beats: NodeJS.Timeout
/** Attempts at work: of project a on main and on a branch, of project b. */
let main: Offer
let branch: Offer
let other: Offer

beforeAll(async () => {
  world = await startWorld()
  folder = await mkdtemp(join(tmpdir(), 'ballast-caches-'))
  control = new ControlPlane(world.url, await world.secret('runner'))
  runner = new FakeRunner(world)
  const files = modelFiles(
    'model: model.onnx\njobs: { build: { run: "true" } }\ndeploy: { staging: { branch: never } }\n',
  )
  const a = await world.repository('a', files)
  await a.pushAndLeave()
  main = await runner.take('build')
  await a.pushAndLeave('HEAD:feature')
  branch = await runner.take('build')
  await (await world.repository('b', files)).pushAndLeave()
  other = await runner.take('build')
  beats = setInterval(() => {
    for (const offer of [main, branch, other]) void runner.beat(offer).catch(() => undefined)
  }, 3000)
})
afterAll(async () => {
  clearInterval(beats)
  control.close()
  await world.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  said = []
})

let places = 0
/** A runner of its own that has this attempt, with these files in its workspace. */
async function aPlace(offer: Offer, files: Readonly<Record<string, string>> = {}): Promise<CachePlace> {
  const root = join(folder, `runner-${++places}`)
  const workspace = join(root, 'workspace')
  await mkdir(workspace, { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    await writeFile(join(workspace, path), content)
  }
  const store = await ContentStore.open(join(root, 'store'))
  return {
    store,
    shelf: new CacheShelf(store.root),
    remote: new ControlPlaneCaches(control.attempt(offer), HERE),
    project: offer.project,
    workspace,
    say: async line => void said.push(line),
  }
}

function aCache(key: string, changes: Partial<OfferedCache> = {}): OfferedCache {
  return {
    key,
    fallbackKeys: [],
    paths: ['deps/'],
    untracked: false,
    policy: 'pull-push',
    when: 'on_success',
    ...changes,
  }
}
const save = async (offer: Offer, key: string, files: Readonly<Record<string, string>>) =>
  saveCaches([aCache(key)], await aPlace(offer, files), { outcome: 'succeeded' })
async function restored(offer: Offer, key: string): Promise<string[]> {
  const place = await aPlace(offer)
  await restoreCaches([aCache(key)], place)
  return readdir(join(place.workspace, 'deps')).catch(() => [])
}

test('what one runner saves another restores, and only what is new is sent', async () => {
  await save(main, 'npm', {
    'deps/a': 'a'.repeat(1000),
    'deps/b': 'b'.repeat(1000),
    'deps/c': 'a'.repeat(1000),
  })
  const first = said.at(-1)
  await save(main, 'npm', { 'deps/a': 'a'.repeat(1000), 'deps/new': 'n' })
  expect(first).toMatch(/^Shared cache 'npm' with other runners \(2\.\d+ kB sent\)$/)
  expect(said.at(-1)).toMatch(/\(\d{3} B sent\)$/)
  expect(await restored(main, 'npm')).toEqual(['a', 'new'])
})

test('a branch that is not protected neither reads nor writes what a protected one has', async () => {
  await save(main, 'fenced', { 'deps/good': '1' })
  expect(await restored(branch, 'fenced')).toEqual([])
  await save(branch, 'fenced', { 'deps/evil': '2' })
  expect(await restored(main, 'fenced')).toEqual(['good'])
  expect(await restored(branch, 'fenced')).toEqual(['evil'])
})

test('a key that is not kept apart is for both', async () => {
  await save(branch, 'both-non_protected', { 'deps/shared': '1' })
  expect(await restored(main, 'both-non_protected')).toEqual(['shared'])
})

test('another project finds nothing, knows of nothing, and can’t name what it never had', async () => {
  await save(main, 'own', { 'deps/secret': 'weights of a' })
  expect(await restored(other, 'own')).toEqual([])
  const digest = digestOf('weights of a')
  const routes = control.attempt(other)
  expect(await routes.lackingInCache([digest], HERE)).toEqual([digest])
  await expect(routes.cacheBlob(digest, HERE)).rejects.toMatchObject({ code: 'CONTROL_PLANE_REFUSED' })
  const manifest = JSON.stringify({
    version: 1,
    entries: [{ kind: 'file', path: 'x', digest, size: 12, mode: 0o644, mtimeMs: 0 }],
  })
  const content = { digest: digestOf(manifest), size: manifest.length }
  const path = join(folder, 'manifest.json')
  await writeFile(path, manifest)
  await routes.putCacheBlob(content.digest, content.size, path, HERE)
  await expect(routes.saveCache('theft', content, HERE)).rejects.toMatchObject({
    code: 'CONTROL_PLANE_REFUSED',
    message: expect.stringContaining('1 contents are not here'),
  })
})

test('bytes that are something else, and manifests that are none, are refused', async () => {
  const routes = control.attempt(main)
  const path = join(folder, 'bytes')
  await writeFile(path, 'other bytes')
  await expect(routes.putCacheBlob(digestOf('bytes'), 11, path, HERE)).rejects.toMatchObject({
    code: 'CONTROL_PLANE_REFUSED',
  })
  const content = { digest: digestOf('other bytes'), size: 11 }
  await routes.putCacheBlob(content.digest, content.size, path, HERE)
  await expect(routes.saveCache('key', content, HERE)).rejects.toMatchObject({
    message: expect.stringContaining('is no manifest of a cache'),
  })
})

test('the store of a project is in the data folder, and goes with it', async () => {
  await save(other, 'gone', { 'deps/x': 'x' })
  const root = join(world.folder, 'data', 'caches')
  expect(await readdir(root)).toHaveLength(2)
  await world.admin('DELETE', '/projects/b')
  expect(await readdir(root)).toHaveLength(1)
})

test('an attempt that has ended reaches no cache', async () => {
  await runner.finish(main, { outcome: 'succeeded', artifacts: [] })
  await expect(control.attempt(main).findCache(['npm'], HERE)).rejects.toMatchObject({ code: 'LEASE_LOST' })
})
