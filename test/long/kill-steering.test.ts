import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  type JobView,
  modelViewSchema,
  pipelineSummarySchema,
  pipelineViewSchema,
  policySchema,
  type RolloutView,
  rolloutViewSchema,
} from '../../src/api/index.ts'
import type { Boundary } from '../../src/core/boundary.ts'
import { pipelineEnd } from './world/delivery.ts'
import type { RepositoryOptions } from './world/repository.ts'
import { canaryOf } from './world/rollout.ts'
import { until } from './world/until.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 40
const WAIT_MS = 120_000
const DAY = 86_400_000

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

/** A Ballast whose server dies at the boundary, once, as soon as the folder of the marker is there. */
function aDoomedWorld(boundary: Boundary, options: RepositoryOptions = {}): Promise<World> {
  return aWorld({ env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }), ...options })
}
const arm = ({ made }: World) => mkdir(armedIn(made.folder))

/** The server has died, and another is there. */
async function killed({ made }: World): Promise<void> {
  await until('the kill', () => existsSync(markerIn(made.folder)) || undefined, WAIT_MS)
  await made.pids()
}

async function setPolicy({ made: { api } }: World, environment: string, change: object): Promise<void> {
  const path = `/projects/digits/policies/${environment}`
  const { environment: _, ...policy } = await api.get(path, policySchema)
  await api.tell('PUT', path, { ...policy, ...change })
}

const rollouts = ({ made: { api } }: World): Promise<readonly RolloutView[]> =>
  api.get('/models/digits/rollouts?limit=25', z.array(rolloutViewSchema))
const rolloutOf = (world: World, number: number, what: string, is: (rollout: RolloutView) => boolean) =>
  until(
    `the rollout of v${number} ${what}`,
    async () => (await rollouts(world)).find(found => found.candidate.number === number && is(found)),
    WAIT_MS,
  )
const deployJob = async ({ made: { api } }: World, commit: string): Promise<JobView | undefined> => {
  const all = await api.get('/projects/digits/pipelines?limit=25', z.array(pipelineSummarySchema))
  const own = all.find(pipeline => pipeline.commit === commit)
  const { jobs } = own ? await api.get(`/pipelines/${own.id}`, pipelineViewSchema) : { jobs: [] }
  return jobs.find(({ name }) => name === 'deploy:production')
}

test('a pause that the server dies of is kept, once; its canary stays, and goes on when it is resumed', async () => {
  const world = await aDoomedWorld('rollout-updated', { minRequests: 60 })
  const { made, repository } = world
  await deliverFirst(world, PER_SECOND)
  const commit = await repository.commit('Delivery 2', 'better.onnx')
  // Whoever pushes follows the pipeline for as long as it takes.
  const pushed = repository.push()
  const { id } = await canaryOf(world, 2)

  await arm(world)
  const reason = 'odd answers'
  await expect(
    made.api.send('POST', `/rollouts/${id}/pause`, { reason }, rolloutViewSchema),
  ).rejects.toThrow()
  await killed(world)
  const judged = await rolloutOf(world, 2, 'judged while it is paused', ({ reason: said }) =>
    /^Paused by admin: odd answers; analysis passed/.test(said ?? ''),
  )
  expect(judged).toMatchObject({ phase: 'progressing', paused: { by: 'admin', reason } })
  const { step } = judged
  expect(judged.history.filter(change => change.reason.startsWith('Paused by'))).toHaveLength(1)
  await made.api.send('POST', `/rollouts/${id}/resume`, {}, rolloutViewSchema)
  const after = await rolloutOf(world, 2, 'promoted', ({ phase }) => phase === 'promoted')
  expect(after.history.map(change => change.step)).toContain(step)
  await pushed
  await pipelineEnd(made, commit)
  await served(world, 2)
  await expectGoodEnd(world)
})

const STAGED: RepositoryOptions = {
  strategy: 'from: staging\n    strategy: immediate',
  environments: ['staging: { strategy: immediate }'],
}

test.each(['rollout-added', 'rollout-updated', 'rollout-published'] as const)(
  'on its way from staging to production, killed at %s, a version comes to each once',
  async boundary => {
    const world = await aDoomedWorld(boundary, STAGED)
    const { made } = world
    await setUp(world)
    await arm(world)
    await deliver(world, 2, 'better.onnx')
    expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
    await expectInBoth(world)
  },
)

test('killed as production begins what staging has promoted, it begins it once', async () => {
  const world = await aDoomedWorld('rollout-added', STAGED)
  const { made, repository } = world
  await setUp(world)
  // A word between the two, so that the next rollout that is added is production's.
  await setPolicy(world, 'production', { approvers: 'maintainer' })
  const commit = await repository.commit('Delivery 2', 'better.onnx')
  const pushed = repository.push()
  await until(
    'a job that waits for approval',
    async () => (await deployJob(world, commit))?.awaitsApproval || undefined,
    WAIT_MS,
  )
  await arm(world)
  await expect(
    made.api.tell('POST', '/models/digits/promote', { from: 'staging', to: 'production' }),
  ).rejects.toThrow()
  await killed(world)
  await pushed
  await pipelineEnd(made, commit)
  await expectInBoth(world)
})

/** The first version in both environments, and live traffic to production. */
async function setUp(world: World): Promise<void> {
  await deliverFirst(world, PER_SECOND)
  await setPolicy(world, 'production', { maxFirstStep: 1 })
}

async function expectInBoth(world: World): Promise<void> {
  const { made } = world
  await made.pids()
  await served(world, 2)
  const ended = (await rollouts(world)).map(
    ({ environment, candidate, phase, from }) => `${environment} v${candidate.number} ${phase} from ${from}`,
  )
  expect(ended.toSorted()).toEqual([
    'production v1 promoted from staging',
    'production v2 promoted from staging',
    'staging v1 promoted from ',
    'staging v2 promoted from ',
  ])
  for (const environment of ['staging', 'production']) {
    const model = await made.api.get(`/models/digits?environment=${environment}`, modelViewSchema)
    expect(model.stable?.number).toBe(2)
  }
  await expectGoodEnd(world)
}

test('one that a newer supersedes when the server dies is canceled, once, and the newer goes on', async () => {
  const strategy = 'strategy: immediate\n    supersede: true'
  const world = await aDoomedWorld('rollout-updated', { strategy })
  const { made, repository } = world
  await deliverFirst(world, PER_SECOND)
  await setPolicy(world, 'production', { maxFirstStep: 1 })
  const day = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
  await setPolicy(world, 'production', { calendar: { freeze: [`${day(-1)} - ${day(2)}`], schedule: [] } })
  const second = await repository.commit('Delivery 2', 'better.onnx')
  const firstPush = repository.push()
  await rolloutOf(world, 2, 'kept', ({ closure }) => closure !== null)

  await arm(world)
  const third = await repository.commit('Delivery 3', 'slow.onnx')
  const secondPush = repository.push()
  await killed(world)
  const ended = await rolloutOf(world, 2, 'superseded', ({ phase }) => phase === 'aborted')
  expect(ended.history.filter(({ phase }) => phase === 'aborted')).toHaveLength(1)
  await until(
    'its job to be canceled',
    async () => (await deployJob(world, second))?.state === 'canceled' || undefined,
    WAIT_MS,
  )
  await rolloutOf(world, 3, 'in the queue', ({ phase }) => phase === 'queued')
  await setPolicy(world, 'production', { calendar: { freeze: [], schedule: [] } })
  await Promise.all([firstPush, secondPush])
  await pipelineEnd(made, third)
  await served(world, 3)
  await expectGoodEnd(world)
})

test('a deployment whose approval expires as the server dies is canceled, and nothing of it is served', async () => {
  const world = await aDoomedWorld('job-moved')
  const { made, repository } = world
  await deliverFirst(world, PER_SECOND)
  await setPolicy(world, 'production', {
    approvers: 'maintainer',
    approval: { byOthers: false, expiresMs: 3000 },
  })
  await arm(world)
  const commit = await repository.commit('Delivery 2', 'better.onnx')
  const pushed = repository.push()
  await killed(world)
  const { state } = await pipelineEnd(made, commit)
  expect(state).toBe('canceled')
  const job = await deployJob(world, commit)
  expect(job).toMatchObject({ state: 'canceled', reason: 'nobody approved it within 3 s' })
  expect((await rollouts(world)).map(({ candidate }) => candidate.number)).toEqual([1])
  await pushed
  await served(world, 1)
  await expectGoodEnd(world)
})
