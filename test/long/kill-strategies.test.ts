import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { modelViewSchema, policySchema, type RolloutView, rolloutViewSchema } from '../../src/api/index.ts'
import type { Boundary } from '../../src/core/boundary.ts'
import { pipelineEnd } from './world/delivery.ts'
import { until } from './world/until.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 20
const POLICY = '/projects/digits/policies/production'
const DAY = 86_400_000

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

/** A Ballast whose server dies at the boundary, once, as soon as the folder of the marker is there. */
function aDoomedWorld(boundary: Boundary, strategy?: string): Promise<World> {
  return aWorld({
    env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }),
    ...(strategy && { strategy }),
  })
}

async function setPolicy({ made: { api } }: World, change: object): Promise<void> {
  const { environment: _, ...policy } = await api.get(POLICY, policySchema)
  await api.tell('PUT', POLICY, { ...policy, ...change })
}

const latest = async ({ made: { api } }: World): Promise<RolloutView | undefined> =>
  (await api.get('/models/digits/rollouts?limit=1', z.array(rolloutViewSchema)))[0]

test.each(['rollout-added', 'rollout-updated', 'rollout-published'] as const)(
  'blue-green, killed at %s, moves all traffic once, and what it holds is there for an instant return',
  async boundary => {
    const world = await aDoomedWorld(boundary, 'strategy: blue-green\n    hold: 1h')
    const { made } = world
    await deliverFirst(world, PER_SECOND)
    await setPolicy(world, { maxFirstStep: 1 })
    await mkdir(armedIn(made.folder))
    await deliver(world, 2, 'better.onnx')
    expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
    await made.pids()
    await served(world, 2)
    const rollout = await latest(world)
    expect(rollout).toMatchObject({ strategy: 'blue-green', phase: 'promoted' })
    expect(rollout?.history.map(({ phase }) => phase)).toEqual(['preparing', 'promoted'])

    const { previous } = await made.api.get('/models/digits', modelViewSchema)
    expect(previous).toMatchObject({ number: 1, heldUntil: expect.any(String) })
    const back = await made.api.send('POST', '/models/digits/rollback', {}, rolloutViewSchema)
    expect(back).toMatchObject({ phase: 'promoted', candidate: { number: 1 } })
    await served(world, 1)
    await expectGoodEnd(world)
  },
)

test('an override that the server dies of is kept, once, and the rollout goes on', async () => {
  const world = await aDoomedWorld('rollout-updated')
  const { made, repository } = world
  await deliverFirst(world, PER_SECOND)
  const day = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
  await setPolicy(world, { calendar: { freeze: [`${day(-1)} - ${day(2)}`], schedule: [] } })
  const commit = await repository.commit('Delivery 2', 'better.onnx')
  // Whoever pushes follows the pipeline for as long as it takes.
  const pushed = repository.push()
  const kept = await until(
    'a rollout that is kept',
    async () => {
      const rollout = await latest(world)
      return rollout?.closure ? rollout : undefined
    },
    120_000,
  )
  expect(kept.phase).toBe('queued')

  await mkdir(armedIn(made.folder))
  await expect(
    made.api.send('POST', `/rollouts/${kept.id}/override`, { reason: 'a fix' }, rolloutViewSchema),
  ).rejects.toThrow()
  expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
  await made.pids()
  await pushed
  await pipelineEnd(made, commit)
  await served(world, 2)
  const rollout = await latest(world)
  expect(rollout).toMatchObject({ phase: 'promoted', override: { by: 'admin', reason: 'a fix' } })
  const words = rollout?.history.filter(({ reason }) => reason.startsWith('Freed from its calendars'))
  expect(words).toHaveLength(1)
  await expectGoodEnd(world)
})
