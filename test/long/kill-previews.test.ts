import { existsSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { environmentViewSchema, rolloutViewSchema } from '../../src/api/index.ts'
import type { Boundary } from '../../src/core/boundary.ts'
import { pipelineEnd } from './world/delivery.ts'
import { GitFolder } from './world/git-folder.ts'
import { until } from './world/until.ts'
import { deliverFirst, expectGoodEnd, type World, worlds } from './world/world.ts'

const PER_SECOND = 30
const SEEN_WITHIN_MS = 60_000
/** A client that tries again this often after cut connections would have given up. */
const MAX_PUSHES = 10

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

/** A server that dies at the boundary as soon as it is armed, and a branch with another model, not yet pushed. */
async function aDoomedWorld(boundary: Boundary) {
  const world = await aWorld({ env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }) })
  const { made, repository } = world
  const clone = join(made.folder, 'clone')
  await appendFile(join(clone, 'ballast.yaml'), '  preview: { expires: 3d }\n')
  await deliverFirst(world, PER_SECOND)
  const git = new GitFolder(clone)
  await git.git('checkout', '--quiet', '-b', 'topic')
  const commit = await repository.commit('A topic', 'better.onnx')
  return { world, git, commit }
}

async function preview({ made }: World) {
  const all = await made.api.get('/projects/digits/environments', z.array(environmentViewSchema))
  return all.find(({ name }) => name === 'preview-topic')
}

async function statusOf({ made }: World): Promise<number> {
  const url = `${made.gatewayUrl}/environments/preview-topic/v2/models/digits`
  return (await fetch(url, { headers: { authorization: `Bearer ${made.token}` } })).status
}

/** Pushes until the server's refs say so; a connection that was cut may have brought them there. */
async function pushUntil(
  { made }: World,
  git: GitFolder,
  refspec: string,
  reached: (refs: string) => boolean,
): Promise<void> {
  for (let pushes = 0; pushes < MAX_PUSHES; pushes++) {
    await git.run('push', 'ballast', refspec)
    await made.pids(SEEN_WITHIN_MS)
    const { said } = await git.git('ls-remote', 'ballast', 'refs/heads/topic')
    if (reached(said)) return
  }
  throw new Error(`${MAX_PUSHES} pushes did not bring ${refspec} to the server`)
}

/** One endpoint, one deployment, one promoted rollout; and production is where it was. */
async function expectPreview(world: World): Promise<void> {
  await until(
    'the preview to serve',
    async () => (await statusOf(world)) === 200 || undefined,
    SEEN_WITHIN_MS,
  )
  expect(await preview(world)).toMatchObject({
    state: 'available',
    model: { name: 'digits', version: 2 },
    lastDeployment: { state: 'succeeded' },
  })
  const rollouts = await world.made.api.get('/models/digits/rollouts', z.array(rolloutViewSchema))
  const told = rollouts.map(
    ({ candidate, environment, phase }) => `v${candidate.number} ${environment} ${phase}`,
  )
  expect(told.toSorted()).toEqual(['v1 production promoted', 'v2 preview-topic promoted'])
  expect((await world.load.one()).version).toBe('1')
}

test.each(['refs-moved', 'job-claimed', 'rollout-added', 'rollout-updated', 'rollout-published'] as const)(
  'a server killed at %s while a preview is made makes it once',
  async boundary => {
    const { world, git, commit } = await aDoomedWorld(boundary)
    const { made } = world
    await mkdir(armedIn(made.folder))
    await pushUntil(world, git, 'topic', refs => refs.startsWith(commit))
    expect((await pipelineEnd(made, commit)).state).toBe('succeeded')

    expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
    await expectPreview(world)
    await expectGoodEnd(world)
  },
)

test.each(['push-journalled', 'refs-moved', 'push-accepted'] as const)(
  'a server killed at %s while the branch of a preview is deleted takes it down',
  async boundary => {
    const { world, git, commit } = await aDoomedWorld(boundary)
    const { made } = world
    await pushUntil(world, git, 'topic', refs => refs.startsWith(commit))
    expect((await pipelineEnd(made, commit)).state).toBe('succeeded')
    await expectPreview(world)

    await mkdir(armedIn(made.folder))
    await pushUntil(world, git, ':topic', refs => refs === '')
    await until('404', async () => (await statusOf(world)) === 404 || undefined, SEEN_WITHIN_MS)
    await until(
      'the environment to be stopped',
      async () => (await preview(world))?.state === 'stopped' || undefined,
      SEEN_WITHIN_MS,
    )
    expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
    expect((await world.load.one()).version).toBe('1')
    await expectGoodEnd(world)
  },
)
