import { expect, test } from 'vitest'
import { digestOf } from '../../../src/core/index.ts'
import type { Job } from '../../../src/pipeline/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aJob, anAttempt, aPipeline, aPlannedJob, aReadyJob, aTrigger, later, settle } from './world.ts'

type Made = ReturnType<typeof aPipeline>

/** What the engine of pipelines asks of the journal beside the life of one job. */
export function engineContract(world: () => Stores): void {
  test('what came with other occasions than a push comes back too', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const parent = await aReadyJob(world(), home)
    const pipeline = aPipeline(home, {
      trigger: aTrigger({ event: 'child', variables: { DEEP: 'yes' } }),
      outline: { stages: ['build', 'test'], autoCancel: { onNewCommit: 'none', onJobFailure: 'all' } },
      parent: parent.id,
    })
    const job = aJob(pipeline, {
      state: 'waiting',
      due: later(5),
      forgiven: true,
      variables: { WHO: 'ada' },
      inputs: { to: 'here', n: 2 },
    })
    const added = await pipelines.addPipeline(pipeline, [job])
    expect(await pipelines.pipeline(pipeline.id)).toStrictEqual(added)
    expect(added).toMatchObject(pipeline)
    expect(await pipelines.job(job.id)).toStrictEqual(job)
    expect(await pipelines.jobStates(pipeline.id)).toStrictEqual([
      { id: job.id, state: 'waiting', due: later(5), forgiven: true },
    ])
  })

  test('jobs that depend on the number of their pipeline', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    for (const number of [1, 2]) {
      const pipeline = aPipeline(home)
      const job = aJob(pipeline)
      await pipelines.addPipeline(pipeline, given => [{ ...job, reason: `of number ${given}` }])
      expect(await pipelines.pipeline(pipeline.id)).toMatchObject({ number })
      expect(await pipelines.job(job.id)).toMatchObject({ reason: `of number ${number}` })
    }
  })

  test('pipelines that a job has made, and how many come from the same one', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const top = aPipeline(home)
    const job = aJob(top)
    await pipelines.addPipeline(top, [job])
    expect(await pipelines.familySize(top.id)).toBe(1)
    const [second, first] = [
      aPipeline(home, { parent: job.id, createdAt: later(2) }),
      aPipeline(home, { parent: job.id, createdAt: later(1) }),
    ]
    const inner = aJob(first)
    await pipelines.addPipeline(second, [])
    await pipelines.addPipeline(first, [inner])
    const deepest = aPipeline(home, { parent: inner.id })
    await pipelines.addPipeline(deepest, [])
    await pipelines.addPipeline(aPipeline(home), [])
    expect((await pipelines.pipelinesOfParent(job.id)).map(({ id }) => id)).toEqual([first.id, second.id])
    for (const { id } of [top, first, second, deepest]) expect(await pipelines.familySize(id)).toBe(4)
  })

  test('pipelines that run for a ref, oldest first', async () => {
    const { pipelines } = world()
    const [home, other] = [await settle(world()), await settle(world())]
    const young = aPipeline(home, { createdAt: later(9) })
    const old = aPipeline(home, { createdAt: later(1) })
    for (const pipeline of [
      young,
      old,
      aPipeline(other),
      aPipeline(home, { ref: 'refs/heads/dev' }),
      aPipeline(home, { state: 'failed' }),
    ])
      await pipelines.addPipeline(pipeline, [])
    const found = await pipelines.runningOfRef(home.project, young.ref)
    expect(found.map(({ id }) => id)).toEqual([old.id, young.id])
  })

  test('ready jobs come in the order of their pipelines, and so many', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const [one, two] = [aPipeline(home), aPipeline(home)].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    for (const pipeline of [two!, one!])
      await pipelines.addPipeline(pipeline, [aJob(pipeline), aJob(pipeline, { position: 1 })])
    const places = (jobs: readonly Job[]) => jobs.map(({ pipeline, position }) => [pipeline, position])
    const all = [one!, two!].flatMap(({ id }) => [0, 1].map(position => [id, position]))
    expect(places(await pipelines.jobsIn('ready'))).toEqual(all)
    expect(places(await pipelines.jobsIn('ready', 3))).toEqual(all.slice(0, 3))
  })

  test('projects share what is ready: who has how much, and what is next of each', async () => {
    const { pipelines } = world()
    const [one, other, idle] = [await settle(world()), await settle(world()), await settle(world())]
    const [a, b, c] = [one, other, one]
      .map(home => aPipeline(home))
      .toSorted((x, y) => (x.id < y.id ? -1 : 1)) as [Made, Made, Made]
    const jobs = (pipeline: Made, ...states: readonly Job['state'][]) =>
      states.map((state, position) => aJob(pipeline, { position, state }))
    const first = jobs(a, 'ready', 'blocked', 'ready', 'ready')
    await pipelines.addPipeline(a, first)
    for (const pipeline of [b, c]) await pipelines.addPipeline(pipeline, jobs(pipeline, 'ready'))
    const quiet = aPipeline(idle)
    await pipelines.addPipeline(quiet, jobs(quiet, 'blocked', 'succeeded'))
    const taken = first[0]!
    const attempt = anAttempt(taken)
    await pipelines.claim(taken.id, attempt)
    const expected = [...new Set([a, b, c].map(({ project }) => project))].map(project => ({
      project,
      live: project === a.project ? 1 : 0,
      pipelines: [a, b, c].filter(pipeline => pipeline.project === project).map(({ id }) => id),
    }))
    expect(await pipelines.readyShares()).toStrictEqual(expected)
    expect(await pipelines.readyJobs(a.id, { after: undefined, limit: 9 })).toStrictEqual(first.slice(2))
    expect(await pipelines.readyJobs(a.id, { after: undefined, limit: 1 })).toStrictEqual([first[2]])
    expect(await pipelines.readyJobs(a.id, { after: 2, limit: 9 })).toStrictEqual([first[3]])
    await pipelines.moveAttempt(attempt.id, 'leased', 'lost', { now: later(1) })
    expect((await pipelines.readyShares()).map(({ live }) => live)).toEqual(expected.map(() => 0))
  })

  test('jobs of a group that have not ended, of one project', async () => {
    const { pipelines } = world()
    const [home, other] = [await settle(world()), await settle(world())]
    const plan = aPlannedJob({ resourceGroup: { name: 'production' } })
    const mine = aPipeline(home)
    const theirs = aPipeline(other)
    const jobs = (['blocked', 'running', 'succeeded', 'ready'] as const).map((state, position) =>
      aJob(mine, { state, position, plan }),
    )
    await pipelines.addPipeline(mine, [...jobs, aJob(mine, { position: 4 })])
    await pipelines.addPipeline(theirs, [aJob(theirs, { plan })])
    expect(await pipelines.jobsInGroup(home.project, 'production')).toStrictEqual(
      [0, 1, 3].map(position => ({
        id: jobs[position]!.id,
        pipeline: mine.id,
        position,
        state: jobs[position]!.state,
      })),
    )
    expect(await pipelines.jobsInGroup(home.project, 'staging')).toEqual([])
  })

  test('a job is due once its time has come, and no longer once it went on', async () => {
    const { pipelines } = world()
    const pipeline = aPipeline(await settle(world()))
    const job = aJob(pipeline, { state: 'blocked' })
    await pipelines.addPipeline(pipeline, [job])
    await pipelines.moveJob(job.id, 'blocked', 'waiting', { now: later(1), due: later(5) })
    expect(await pipelines.dueJobs(later(4))).toEqual([])
    expect((await pipelines.dueJobs(later(5))).map(({ id }) => id)).toEqual([job.id])
    await pipelines.moveJob(job.id, 'waiting', 'ready', { now: later(5), variables: { WHO: 'ada' } })
    expect(await pipelines.dueJobs(later(9))).toEqual([])
    expect(await pipelines.job(job.id)).toStrictEqual({ ...job, state: 'ready', variables: { WHO: 'ada' } })
  })

  test('a failure that was forgiven is so until the job starts anew', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    await pipelines.moveJob(job.id, 'ready', 'running', { now: later(1) })
    await pipelines.moveJob(job.id, 'running', 'failed', { now: later(2), forgiven: true })
    expect((await pipelines.job(job.id))?.forgiven).toBe(true)
    await pipelines.moveJob(job.id, 'failed', 'blocked', { now: later(3) })
    expect((await pipelines.job(job.id))?.forgiven).toBeUndefined()
  })

  test('many jobs move at once, each as it would alone', async () => {
    const { pipelines } = world()
    const pipeline = aPipeline(await settle(world()))
    const jobs = [0, 1, 2].map(position => aJob(pipeline, { position, state: 'blocked' }))
    await pipelines.addPipeline(pipeline, jobs)
    await pipelines.moveJob(jobs[1]!.id, 'blocked', 'canceled', { now: later(1) })
    const moved = await pipelines.moveJobs(
      jobs.map(({ id }) => ({ id, from: 'blocked', to: 'ready', change: { now: later(2) } })),
    )
    expect(moved).toEqual([true, false, true])
    expect((await pipelines.jobStates(pipeline.id)).map(({ state }) => state)).toEqual([
      'ready',
      'canceled',
      'ready',
    ])
    expect(await pipelines.moveJobs([])).toEqual([])
    const some = await pipelines.jobStates(pipeline.id, [jobs[2]!.id, jobs[1]!.id])
    expect(some.map(({ id }) => id)).toEqual([jobs[1]!.id, jobs[2]!.id])
  })

  test('attempts that keep files which have not expired, page by page', async () => {
    const { pipelines } = world()
    const homes = [await settle(world()), await settle(world())]
    const artifacts = [{ path: 'model.onnx', digest: digestOf('x'), size: 1, executable: false }]
    const kept = []
    for (const [i, keepUntil] of [undefined, later(5), later(6), undefined].entries()) {
      const home = homes[i % 2]!
      const job = await aReadyJob(world(), home)
      const attempt = anAttempt(job, { artifacts, ...(keepUntil !== undefined && { keepUntil }) })
      await pipelines.claim(job.id, attempt)
      if (keepUntil !== later(5)) kept.push({ attempt: attempt.id, project: home.project, artifacts })
    }
    const empty = await aReadyJob(world(), homes[0]!)
    await pipelines.claim(empty.id, anAttempt(empty))
    kept.sort((a, b) => (a.attempt < b.attempt ? -1 : 1))
    const first = await pipelines.keeping(later(5), { after: undefined, limit: 2 })
    expect(first).toStrictEqual(kept.slice(0, 2))
    const after = first[1]!.attempt
    expect(await pipelines.keeping(later(5), { after, limit: 2 })).toStrictEqual(kept.slice(2))
  })

  test('why a job waits is told while it does', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    expect(await pipelines.explainJob(job.id, 'ready', 'waits for a runner')).toBe(true)
    expect(await pipelines.job(job.id)).toStrictEqual({ ...job, reason: 'waits for a runner' })
    expect(await pipelines.explainJob(job.id, 'running', 'too late')).toBe(false)
  })
}
