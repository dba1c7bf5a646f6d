import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import type { Job, JobState, Pipeline } from '../../pipeline/index.ts'
import { followPush } from './follow.ts'
import { Teller } from './teller.ts'

let world: TestPlane
beforeEach(async () => {
  world = await aPlane()
})
afterEach(() => world.close())

const move = (job: Job, from: JobState, to: JobState, reason?: string) =>
  world.plane.stores.pipelines.moveJob(job.id, from, to, {
    now: world.plane.clock.now(),
    ...(reason && { reason }),
  })
const told = (pipeline: Pipeline) =>
  world.plane.changes.tell({ kind: 'pipeline', project: pipeline.project, pipeline: pipeline.id })

test('each end is told once, with its time and reason; skips of one cause share a line', async () => {
  const { pipeline, jobs } = await world.pipeline({ name: 'unit' }, { name: 'train' }, { name: 'check' })
  const [unit, train, check] = jobs as [Job, Job, Job]
  const teller = new Teller(world.plane, pipeline)
  expect(teller.heading()).toStrictEqual([
    '',
    `Pipeline #1 · cccccccc · main`,
    `  http://ballast/pipelines/${pipeline.id}`,
  ])
  expect(await teller.news()).toStrictEqual({ lines: [], state: 'running' })
  await move(unit, 'ready', 'running')
  world.pass(1500)
  await move(unit, 'running', 'failed', 'exit status 1')
  await move(train, 'blocked', 'skipped', "'unit' failed")
  await move(check, 'blocked', 'skipped', "'train' was skipped")
  expect((await teller.news()).lines).toStrictEqual([
    '  ✗ unit (1.5 s)',
    '      exit status 1',
    "  – skipped: train, check ('unit' failed)",
  ])
  expect((await teller.news()).lines).toStrictEqual([])
  await world.plane.stores.pipelines.movePipeline(pipeline.id, 'running', 'failed', world.plane.clock.now())
  expect(await teller.news()).toStrictEqual({ lines: ['  pipeline failed in 1.5 s', ''], state: 'ended' })
})

test('following ends with the pipeline', async () => {
  const { pipeline, jobs } = await world.pipeline({ name: 'unit' })
  const lines: string[] = []
  const following = (async () => {
    for await (const line of followPush(world.plane, [pipeline], new AbortController().signal))
      lines.push(line)
  })()
  await move(jobs[0]!, 'ready', 'running')
  await move(jobs[0]!, 'running', 'succeeded')
  await world.plane.stores.pipelines.movePipeline(
    pipeline.id,
    'running',
    'succeeded',
    world.plane.clock.now(),
  )
  told(pipeline)
  await following
  expect(lines.filter(line => line.trim() !== '').slice(2)).toStrictEqual([
    '  ✓ unit (0 ms)',
    '  pipeline succeeded in 0 ms',
  ])
})

test('going away ends the printing alone', async () => {
  const { pipeline, jobs } = await world.pipeline({ name: 'unit' })
  const gone = new AbortController()
  const lines: string[] = []
  const following = (async () => {
    for await (const line of followPush(world.plane, [pipeline], gone.signal)) lines.push(line)
  })()
  gone.abort()
  await following
  expect(lines.join('\n')).not.toContain('pipeline ')
  expect((await world.plane.stores.pipelines.job(jobs[0]!.id))?.state).toBe('ready')
  expect((await world.plane.stores.pipelines.pipeline(pipeline.id))?.state).toBe('running')
})
