import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EngineWorld } from '../../../test/server/engine.ts'
import type { PlannedJob } from '../../pipeline/index.ts'
import { pipelineViewOf, summaryOf } from './pipelines.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const HAND: Partial<PlannedJob> = { name: 'hand', start: { kind: 'manual' } }

test.each([
  ['a job that somebody has to start', [HAND], true],
  ['one that may be left alone', [{ ...HAND, allowFailure: true }], false],
  ['nothing', [{ name: 'build' }], false],
  ['many', Array.from({ length: 30 }, (_, i) => ({ ...HAND, name: `hand-${i}` })), true],
] as const)('a pipeline waits for %s', async (_what, jobs, waiting) => {
  const pipeline = await world.begin({}, ...jobs)
  expect(await summaryOf(world.plane.plane, pipeline)).toMatchObject({ state: 'running', waiting })
})

test('for a list no plan is read but those of the jobs that wait', async () => {
  const all = vi.spyOn(world.store, 'jobs')
  const one = vi.spyOn(world.store, 'job')
  const running = await world.begin({}, HAND, ...Array.from({ length: 50 }, (_, i) => ({ name: `j${i}` })))
  const ended = await world.begin({}, { name: 'build' })
  await world.actions.cancelPipeline(ended.id, 'ada')
  all.mockClear()
  one.mockClear()
  for (const { id } of [running, ended]) await summaryOf(world.plane.plane, (await world.store.pipeline(id))!)
  expect(all).not.toHaveBeenCalled()
  expect(one).toHaveBeenCalledTimes(1)
})

test('all jobs of a large pipeline are shown in their order, others having their turn', async () => {
  const pipeline = await world.begin({}, ...Array.from({ length: 120 }, (_, i) => ({ name: `j${i}` })))
  let turns = 0
  setImmediate(() => turns++)
  const { jobs } = await pipelineViewOf(world.plane.plane, world.logs, pipeline)
  expect(jobs.map(({ name }) => name)).toEqual(Array.from({ length: 120 }, (_, i) => `j${i}`))
  expect(turns).toBe(1)
})
