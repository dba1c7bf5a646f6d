import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LfsFiles, MirrorView } from '../../src/api/index.ts'
import { digestOf } from '../../src/core/index.ts'
import { LfsWorld, NO_CLIENT, randomBytes } from '../e2e/lfs-world.ts'
import { FakeRunner } from '../server/agents.ts'
import { startWorld, until, type World } from '../server/world.ts'

const PROJECT = 'team/digits'
const P = '/projects/team%2Fdigits'
const CI = 'sees: { script: [ls] }\n'
/** Text, as answers are read as text. */
const MODEL = Buffer.from(randomBytes(3 << 19).toString('hex'))

/** The forge, which real clients of Git LFS push to, and the server that follows it. */
let forge: LfsWorld
let world: World
let runner: FakeRunner

beforeAll(async () => {
  if (NO_CLIENT) return
  forge = await LfsWorld.start()
  world = await startWorld()
  runner = new FakeRunner(world)
  await forge.world.admin('POST', '/projects', { name: PROJECT })
  await world.admin('POST', '/projects', { name: PROJECT })
  await world.admin('PUT', '/settings/mirrors', { allow: ['http', 'private'] })
})
afterAll(async () => {
  await world?.stop()
  await forge?.stop()
})

/** As forges lose objects, or take pointers without them. */
async function lose(digest: string): Promise<void> {
  const name = digest.slice('sha256:'.length)
  const entries = await readdir(forge.world.folder, { recursive: true, withFileTypes: true })
  const found = entries.filter(entry => entry.isFile() && entry.name.includes(name.slice(2)))
  expect(found.length).toBeGreaterThan(0)
  for (const entry of found) await rm(join(entry.parentPath, entry.name))
}

async function synchronised(): Promise<string> {
  await world.admin('POST', `${P}/mirror/sync`)
  const view = await until('the synchronisation', async () => {
    const found = await world.admin<MirrorView>('GET', `${P}/mirror`)
    return !found.due && found
  })
  return view.outcome!
}

test.skipIf(NO_CLIENT)(
  'a job of a mirror has the files that its origin keeps by Git LFS',
  async () => {
    await forge.repository('work', PROJECT, { '.gitlab-ci.yml': CI, 'model.bin': MODEL })
    await forge.good('work', 'push', '--quiet', '-o', 'ci.skip', 'origin', 'HEAD:main')
    const token = await forge.world.person('bot', 'reader', PROJECT, ['read'])
    const url = `${forge.world.url}/${PROJECT}.git`
    const credentials = { user: 'bot', token }
    await world.admin('PUT', `${P}/mirror`, { url, forge: 'gitea', statuses: false, credentials })
    const first = await until('the first synchronisation', async () => {
      const found = await world.admin<MirrorView>('GET', `${P}/mirror`)
      return !found.due && found
    })
    expect(first.outcome).toBe('1 ref moved, 1 pipeline; 1 file of Git LFS fetched (3.15 MB)')
    const offer = await until('the job', async () => (await runner.lease(1))[0])
    const { body } = await world.call<LfsFiles>('GET', `/api/v1/attempts/${offer.attempt}/lfs`, {
      token: offer.token,
    })
    expect(body).toMatchObject({ files: [{ path: 'model.bin', digest: digestOf(MODEL) }], missing: [] })
    const blob = await world.call('GET', `/api/v1/attempts/${offer.attempt}/blobs/${digestOf(MODEL)}`, {
      token: offer.token,
    })
    expect(digestOf(Buffer.from(String(blob.body)))).toBe(digestOf(MODEL))
  },
  120_000,
)

test.skipIf(NO_CLIENT)(
  'what is new is fetched, what is there is not asked for again',
  async () => {
    const more = randomBytes(1 << 20)
    await forge.commit('work', { 'more.bin': more })
    await forge.good('work', 'push', '--quiet', '-o', 'ci.skip', 'origin', 'HEAD:main')
    expect(await synchronised()).toBe('1 ref moved, 1 pipeline; 1 file of Git LFS fetched (1.05 MB)')
    expect(await synchronised()).toBe('nothing moved')
  },
  120_000,
)

test.skipIf(NO_CLIENT)(
  'a pointer to what the origin has not is told, and its branch moves',
  async () => {
    const lost = randomBytes(1000)
    await forge.commit('work', { 'lost.bin': lost })
    const { stdout } = await forge.good('work', 'rev-parse', 'HEAD')
    await forge.good('work', 'push', '--quiet', '-o', 'ci.skip', 'origin', 'HEAD:gone')
    await lose(digestOf(lost))
    expect(await synchronised()).toMatch(/^1 ref moved, 1 pipeline; 0 files .*lost\.bin can't be had/)
    expect((await world.pipelines(PROJECT))[0]!.commit).toBe(stdout.trim())
  },
  120_000,
)
