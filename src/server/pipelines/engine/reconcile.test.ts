import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { CommitId } from '../../../core/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'
import { PipelineActions } from '../actions.ts'
import { PipelineReconciler } from '../reconcile.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const OUTLINE = { outline: { stages: ['build', 'test', 'deploy'] } }
const staged = (name: string, stage: string, more: Partial<PlannedJob> = {}): Partial<PlannedJob> => ({
  name,
  order: 'stages',
  stage,
  ...more,
})
const MANUAL = { start: { kind: 'manual' } } as const

test('stages follow each other, and the pipeline ends with the last', async () => {
  const pipeline = await world.begin(
    OUTLINE,
    staged('a', 'build'),
    staged('b', 'build'),
    staged('c', 'test'),
    staged('d', 'deploy'),
  )
  expect(await world.states(pipeline)).toBe('a ready, b ready, c blocked, d blocked')
  await world.runReady()
  expect(await world.states(pipeline)).toBe('a succeeded, b succeeded, c ready, d blocked')
  await world.runReady()
  await world.runReady()
  expect(await world.stateOf(pipeline.id)).toBe('succeeded')
})

test('a failure skips later stages, but for what runs then', async () => {
  const pipeline = await world.begin(
    OUTLINE,
    staged('a', 'build'),
    staged('b', 'test'),
    staged('tidy', 'deploy', { start: { kind: 'always' } }),
    staged('tell', 'deploy', { start: { kind: 'on_failure' } }),
  )
  await world.runReady({ outcome: 'failed', exitCode: 1 })
  expect(await world.states(pipeline)).toBe('a failed, b skipped, tidy ready, tell ready')
  await world.runReady()
  expect(await world.stateOf(pipeline.id)).toBe('failed')
})

test('an exit code that may be leaves the job failed, and goes on', async () => {
  const pipeline = await world.begin(
    OUTLINE,
    staged('a', 'build', { allowFailureExitCodes: [42] }),
    staged('b', 'test'),
  )
  await world.runReady({ outcome: 'failed', exitCode: 42 })
  expect(await world.states(pipeline)).toBe('a failed, b ready')
  await world.runReady()
  expect(await world.stateOf(pipeline.id)).toBe('succeeded')
})

describe('a manual job', () => {
  test('that may be left alone holds nothing up; started later it resets what it had skipped', async () => {
    const pipeline = await world.begin(
      OUTLINE,
      staged('review', 'build', { ...MANUAL, allowFailure: true }),
      staged('test', 'test'),
      { name: 'after', order: 'dag', stage: 'deploy', needs: ['review'] },
    )
    expect(await world.states(pipeline)).toBe('review waiting, test ready, after skipped')
    await world.runReady()
    expect(await world.stateOf(pipeline.id)).toBe('succeeded')
    await world.actions.play(await world.job(pipeline, 'review'), 'ada', { DEEP: 'yes' })
    expect(await world.states(pipeline)).toBe('review ready, test succeeded, after blocked')
    expect(await world.stateOf(pipeline.id)).toBe('running')
    const [offer] = await world.lease()
    expect(offer?.env).toMatchObject({ DEEP: 'yes' })
    await world.finish(offer!)
    await world.runReady()
    expect(await world.states(pipeline)).toBe('review succeeded, test succeeded, after succeeded')
    expect(await world.stateOf(pipeline.id)).toBe('succeeded')
  })

  test('that is waited for keeps the pipeline running', async () => {
    const pipeline = await world.begin(OUTLINE, staged('approve', 'build', MANUAL), staged('go', 'test'))
    expect(await world.states(pipeline)).toBe('approve waiting, go blocked')
    expect(await world.stateOf(pipeline.id)).toBe('running')
    const approve = await world.job(pipeline, 'approve')
    await world.actions.play(approve, 'ada')
    await world.runReady()
    expect(await world.states(pipeline)).toBe('approve succeeded, go ready')
    await expect(world.actions.play(approve, 'ada')).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
  })

  test('is as it was after a crash while it was started, or has started', async () => {
    const { plane } = world.plane
    const pipeline = await world.begin(OUTLINE, staged('review', 'build', { ...MANUAL, allowFailure: true }))
    expect(await world.stateOf(pipeline.id)).toBe('succeeded')
    const pipelines: typeof plane.stores.pipelines = {
      ...plane.stores.pipelines,
      moveJobs: () => Promise.reject(new Error('killed')),
    }
    const killed = new PipelineActions(
      { ...plane, stores: { ...plane.stores, pipelines } },
      new PipelineReconciler(plane),
    )
    await expect(killed.play(await world.job(pipeline, 'review'), 'ada')).rejects.toThrow('killed')
    await new PipelineReconciler(plane).resume()
    expect(await world.states(pipeline)).toBe('review waiting')
    expect(await world.stateOf(pipeline.id)).toBe('succeeded')
  })

  test('that is retried starts at once', async () => {
    const pipeline = await world.begin(OUTLINE, staged('approve', 'build', MANUAL))
    await world.actions.play(await world.job(pipeline, 'approve'), 'ada')
    await world.runReady({ outcome: 'failed' })
    await world.actions.retry(await world.job(pipeline, 'approve'))
    expect(await world.states(pipeline)).toBe('approve ready')
  })
})

test('a delayed job starts when its time has come, also after a restart', async () => {
  const pipeline = await world.begin(
    OUTLINE,
    staged('later', 'build', { start: { kind: 'delayed', delay: 5000 } }),
  )
  expect(await world.states(pipeline)).toBe('later waiting')
  world.plane.pass(4999)
  await world.reconciler.startDue()
  expect(await world.states(pipeline)).toBe('later waiting')
  world.plane.pass(1)
  await new PipelineReconciler(world.plane.plane).startDue()
  expect(await world.states(pipeline)).toBe('later ready')
})

test('one failure cancels the rest, where the plan says so', async () => {
  const pipeline = await world.begin(
    { outline: { stages: ['build'], autoCancel: { onNewCommit: 'conservative', onJobFailure: 'all' } } },
    staged('a', 'build'),
    staged('b', 'build'),
    staged('tidy', 'build', { start: { kind: 'always' } }),
  )
  const [first] = await world.lease({ capacity: 1 })
  await world.finish(first!, { outcome: 'failed' })
  expect(await world.states(pipeline)).toBe('a failed, b canceled, tidy canceled')
  expect((await world.job(pipeline, 'b')).reason).toBe('another job of the pipeline failed')
  expect(await world.stateOf(pipeline.id)).toBe('failed')
})

describe('a newer commit', () => {
  const older = { commit: '1'.repeat(40) as CommitId }
  const newer = { commit: '2'.repeat(40) as CommitId }

  test('cancels interruptible jobs of older pipelines of its ref', async () => {
    const old = await world.begin(
      older,
      { name: 'unit', interruptible: true },
      { name: 'pack', needs: ['unit'] },
    )
    const other = await world.begin(
      { ...older, ref: 'refs/heads/dev' },
      { name: 'unit', interruptible: true },
    )
    const made = await world.begin(newer, { name: 'unit' })
    expect(await world.states(old)).toBe('unit canceled, pack skipped')
    expect((await world.job(old, 'unit')).reason).toBe(`superseded by pipeline #${made.number}`)
    expect(await world.stateOf(old.id)).toBe('canceled')
    expect(await world.states(other)).toBe('unit ready')
  })

  test('leaves pipelines alone in which a job has started that is not interruptible', async () => {
    const old = await world.begin(older, { name: 'unit', interruptible: true }, { name: 'migrate' })
    for (const offer of await world.lease()) expect(offer.jobName).toMatch(/unit|migrate/)
    await world.begin(newer, { name: 'unit' })
    expect(await world.states(old)).toBe('unit running, migrate running')
  })

  test.each([
    ['the same commit', older, {}],
    ['what a schedule started', newer, { trigger: aTrigger({ event: 'schedule' }) }],
  ])('is not %s', async (_, made, more) => {
    const old = await world.begin(older, { name: 'unit', interruptible: true })
    await world.begin({ ...made, ...more }, { name: 'unit' })
    expect(await world.states(old)).toBe('unit ready')
  })
})

test('a step that the journal could not take is taken the next time', async () => {
  const { plane } = world.plane
  let broken = false
  const pipelines: typeof plane.stores.pipelines = {
    ...plane.stores.pipelines,
    moveJobs: steps =>
      broken ? Promise.reject(new Error('disk full')) : plane.stores.pipelines.moveJobs(steps),
  }
  const reconciler = new PipelineReconciler({ ...plane, stores: { ...plane.stores, pipelines } })
  const { pipeline, jobs } = await world.plane.add(OUTLINE, staged('a', 'build'), staged('b', 'test'))
  await reconciler.reconcile(pipeline.id)
  const [a] = jobs
  await pipelines.moveJob(a!.id, 'ready', 'running', { now: plane.clock.now() })
  broken = true
  await expect(reconciler.move(a!, 'running', 'succeeded')).rejects.toThrow('disk full')
  broken = false
  await reconciler.reconcile(pipeline.id, a!.id)
  expect(await world.states(pipeline)).toBe('a succeeded, b ready')
})

test('a pipeline with many jobs is moved on by one pass for many ends', async () => {
  const jobs = Array.from({ length: 120 }, (_, i) => staged(`j${i}`, i < 60 ? 'build' : 'test'))
  const pipeline = await world.begin(OUTLINE, ...jobs)
  const offers = await world.lease()
  expect(offers).toHaveLength(60)
  await Promise.all(offers.map(offer => world.finish(offer)))
  expect((await world.store.jobsIn('ready')).map(({ pipeline }) => pipeline)).toEqual(
    Array.from({ length: 60 }, () => pipeline.id),
  )
})
