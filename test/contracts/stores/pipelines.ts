import { describe, expect, test } from 'vitest'
import { digestOf, newId } from '../../../src/core/index.ts'
import {
  ATTEMPT_STATES,
  ATTEMPT_TRANSITIONS,
  JOB_STATES,
  JOB_TRANSITIONS,
  mayMove,
  PIPELINE_STATES,
  PIPELINE_TRANSITIONS,
  PUSH_STATES,
  PUSH_TRANSITIONS,
} from '../../../src/pipeline/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aJob, anAttempt, aPipeline, aPlannedJob, aPush, aReadyJob, later, NOON, settle } from './world.ts'

export function pipelineContract(world: () => Stores): void {
  test('a push is journalled and moves once', async () => {
    const { pipelines } = world()
    const push = aPush(await settle(world()))
    await pipelines.addPush(push)
    expect(await pipelines.pushesIn('received')).toEqual([push])
    expect(await pipelines.movePush(push.id, 'received', 'accepted')).toBe(true)
    expect(await pipelines.movePush(push.id, 'received', 'refused')).toBe(false)
    expect(await pipelines.push(push.id)).toEqual({ ...push, state: 'accepted' })
    expect(await pipelines.pushesIn('received')).toEqual([])
  })

  test('pipelines are numbered within their project', async () => {
    const { pipelines } = world()
    const [one, two] = [await settle(world()), await settle(world())]
    const numbers = []
    for (const home of [one, one, two, one])
      numbers.push((await pipelines.addPipeline(aPipeline(home), [])).number)
    expect(numbers).toEqual([1, 2, 1, 3])
    expect((await pipelines.pipelineByNumber(one.project, 3))?.project).toBe(one.project)
    expect(await pipelines.pipelineByNumber(two.project, 2)).toBeUndefined()
  })

  test('a push and ref make one pipeline, however often and at once it is asked for', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const push = aPush(home)
    await pipelines.addPush(push)
    const added = await Promise.all(
      Array.from({ length: 5 }, () => {
        const pipeline = aPipeline(home, { push: push.id })
        return pipelines.addPipeline(pipeline, [aJob(pipeline)])
      }),
    )
    const other = await pipelines.addPipeline(aPipeline(home, { push: push.id, ref: 'refs/heads/dev' }), [])
    expect(new Set(added.map(({ id }) => id)).size).toBe(1)
    expect(await pipelines.pipelinesOfPush(push.id)).toEqual([added[0], other])
    expect(await pipelines.jobs(added[0]!.id)).toHaveLength(1)
  })

  test('a pipeline whose jobs are refused is not there either', async () => {
    const { pipelines } = world()
    const pipeline = aPipeline(await settle(world()))
    const twice = [aJob(pipeline), aJob(pipeline)]
    await expect(pipelines.addPipeline(pipeline, twice)).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
    })
    expect(await pipelines.pipeline(pipeline.id)).toBeUndefined()
    expect(await pipelines.jobsIn('ready')).toEqual([])
  })

  test('a reader never sees a part of a transaction', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const seen = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const pipeline = aPipeline(home)
        const jobs = [0, 1, 2, 3, 4].map(position => aJob(pipeline, { position }))
        const [, ready] = await Promise.all([
          pipelines.addPipeline(pipeline, jobs),
          pipelines.jobsIn('ready'),
        ])
        return ready.length
      }),
    )
    expect(seen.filter(count => count % 5 !== 0)).toEqual([])
    expect(Math.max(...seen)).toBeGreaterThan(0)
  })

  test('pipelines and jobs come back with every field they have', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const full = aPipeline(home, {
      state: 'failed',
      problems: ['ballast.yaml:1:1: error'],
      endedAt: later(9),
      config: null,
    })
    const job = aJob(full, {
      state: 'failed',
      plan: aPlannedJob({
        skip: 'asked for',
        work: { kind: 'deploy', environment: 'production', approval: true },
      }),
      reason: 'exit status 1',
      result: { kind: 'stage', figures: [0.97, null] },
      startedAt: later(1),
      endedAt: later(2),
    })
    const added = await pipelines.addPipeline(full, [job])
    expect(added).toStrictEqual({ ...full, number: 1 })
    expect(await pipelines.pipeline(full.id)).toStrictEqual(added)
    expect(await pipelines.job(job.id)).toStrictEqual(job)
  })

  test('pages of pipelines go from the newest on, and lose none of the same moment', async () => {
    const { pipelines } = world()
    const [home, other] = [await settle(world()), await settle(world())]
    const ids = []
    for (const at of [0, 1, 1, 1, 2])
      ids.push((await pipelines.addPipeline(aPipeline(home, { createdAt: later(at) }), [])).id)
    await pipelines.addPipeline(aPipeline(other, { createdAt: later(1) }), [])
    const newestFirst = ids.toReversed()
    const first = await pipelines.pipelines(home.project, { limit: 2 })
    const second = await pipelines.pipelines(home.project, { limit: 9, before: first[1]!.id })
    expect([...first, ...second].map(({ id }) => id)).toEqual(newestFirst)
    expect(await pipelines.pipelines(undefined, { limit: 9 })).toHaveLength(6)
    expect(await pipelines.pipelines(undefined, { limit: 9, before: newId('pipeline') })).toEqual([])
  })

  test('ready jobs come by the age of their pipeline, then by position', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    // Ids sort by creation; the younger one is stored first.
    const old = aPipeline(home, { createdAt: NOON })
    const young = aPipeline(home, { createdAt: later(5) })
    const names = (at: string) =>
      [1, 0].map(position => ({ position, plan: aPlannedJob({ name: `${at}-${position}` }) }))
    await pipelines.addPipeline(
      young,
      names('young').map(change => aJob(young, change)),
    )
    await pipelines.addPipeline(
      old,
      names('old').map(change => aJob(old, change)),
    )
    const inOrder = (await pipelines.jobsIn('ready')).map(({ plan }) => plan.name)
    expect(inOrder).toEqual(['old-0', 'old-1', 'young-0', 'young-1'])
    expect((await pipelines.jobsIn('ready', 3)).map(({ plan }) => plan.name)).toEqual(inOrder.slice(0, 3))
    expect((await pipelines.jobs(old.id)).map(({ position }) => position)).toEqual([0, 1])
  })

  test('a job that waited keeps when it first ran and what it found; its reason is the latest', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    const moves = [
      ['ready', 'running', { now: later(1) }],
      ['running', 'waiting', { now: later(2), reason: 'needs evidence', result: { n: 10 } }],
      ['waiting', 'running', { now: later(3) }],
      ['running', 'succeeded', { now: later(4), reason: 'enough' }],
    ] as const
    for (const [from, to, change] of moves)
      expect(await pipelines.moveJob(job.id, from, to, change)).toBe(true)
    expect(await pipelines.job(job.id)).toStrictEqual({
      ...job,
      state: 'succeeded',
      reason: 'enough',
      result: { n: 10 },
      startedAt: later(1),
      endedAt: later(4),
    })
  })

  test('a job that is tried anew knows nothing of the last time', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    await pipelines.moveJob(job.id, 'ready', 'running', { now: later(1) })
    await pipelines.moveJob(job.id, 'running', 'failed', {
      now: later(2),
      reason: 'exit status 1',
      result: [1],
    })
    await pipelines.moveJob(job.id, 'failed', 'ready', { now: later(3) })
    expect(await pipelines.job(job.id)).toStrictEqual(job)
  })

  test('a pipeline that goes on has not ended', async () => {
    const { pipelines } = world()
    const pipeline = await pipelines.addPipeline(aPipeline(await settle(world())), [])
    expect(await pipelines.movePipeline(pipeline.id, 'running', 'failed', later(1))).toBe(true)
    expect(await pipelines.pipelinesIn('failed')).toEqual([
      { ...pipeline, state: 'failed', endedAt: later(1) },
    ])
    expect(await pipelines.movePipeline(pipeline.id, 'running', 'succeeded', later(2))).toBe(false)
    expect(await pipelines.movePipeline(pipeline.id, 'failed', 'running', later(2))).toBe(true)
    expect(await pipelines.pipelinesIn('running')).toEqual([pipeline])
  })

  test('a job is claimed once', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    const attempts = [anAttempt(job, { createdAt: later(1) }), anAttempt(job)]
    const claimed = await Promise.all(attempts.map(attempt => pipelines.claim(job.id, attempt)))
    expect(claimed).toEqual([true, false])
    expect(await pipelines.attempts(job.id)).toEqual([attempts[0]])
    expect(await pipelines.job(job.id)).toMatchObject({ state: 'running', startedAt: later(1) })
  })

  test('a claim whose attempt is refused leaves the job ready', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const [job, other] = [await aReadyJob(world(), home), await aReadyJob(world(), home)]
    const attempt = anAttempt(job)
    await pipelines.claim(job.id, attempt)
    const forged = anAttempt(other, { tokenHash: attempt.tokenHash })
    await expect(pipelines.claim(other.id, forged)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
    expect((await pipelines.job(other.id))?.state).toBe('ready')
  })

  test('fencing numbers grow, and none is given twice', async () => {
    const { pipelines } = world()
    const fences = await Promise.all(Array.from({ length: 20 }, () => pipelines.nextFence()))
    expect(new Set(fences).size).toBe(20)
    expect(await pipelines.nextFence()).toBeGreaterThan(Math.max(...fences))
  })

  test('a lease is renewed by whoever holds it, while it runs', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    const attempt = anAttempt(job, { fence: 7 })
    await pipelines.claim(job.id, attempt)
    expect(await pipelines.renew(attempt.id, 6, later(99))).toBe(false)
    expect(await pipelines.renew(attempt.id, 7, later(99))).toBe(true)
    expect((await pipelines.attemptByToken(attempt.tokenHash))?.leaseUntil).toBe(later(99))
    await pipelines.moveAttempt(attempt.id, 'leased', 'lost', { now: later(100) })
    expect(await pipelines.renew(attempt.id, 7, later(199))).toBe(false)
  })

  test('an attempt ends with all that is known of it', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    const attempt = anAttempt(job, { runnerLabels: ['gpu', 'linux'] })
    await pipelines.claim(job.id, attempt)
    await pipelines.moveAttempt(attempt.id, 'leased', 'running', { now: later(1), sandboxed: false })
    expect(await pipelines.attemptsIn(['leased', 'running'])).toHaveLength(1)
    const artifacts = [{ path: 'out/model.onnx', digest: digestOf('x'), size: 1, executable: false }]
    const end = {
      now: later(2),
      exitCode: 3,
      reason: 'exit status 3',
      cause: 'script',
      artifacts,
      reports: [{ kind: 'junit', path: 'out/model.onnx' }],
      keepUntil: later(60),
      logBytes: 2 ** 33,
    } as const
    expect(await pipelines.moveAttempt(attempt.id, 'running', 'failed', end)).toBe(true)
    const { now, ...found } = end
    expect(await pipelines.attempt(attempt.id)).toStrictEqual({
      ...attempt,
      ...found,
      state: 'failed',
      sandboxed: false,
      startedAt: later(1),
      endedAt: now,
    })
    expect(await pipelines.attemptsIn(['leased', 'running'])).toEqual([])
    expect(await pipelines.attemptsIn([])).toEqual([])
  })

  test('pipelines of a ref are told newest first, as far as they were made before', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const ref = 'refs/heads/told'
    const made: string[] = []
    for (const at of [1, 2, 3]) {
      const pipeline = aPipeline(home, { ref, createdAt: later(at) })
      await pipelines.addPipeline(pipeline, [])
      made.unshift(pipeline.id)
    }
    const ids = async (before: number, limit: number) =>
      (await pipelines.pipelinesOfRef(home.project, ref, { before: later(before), limit })).map(
        ({ id }) => id,
      )
    expect(await ids(4, 9)).toEqual(made)
    expect(await ids(3, 9)).toEqual(made.slice(1))
    expect(await ids(4, 1)).toEqual(made.slice(0, 1))
    const other = await pipelines.pipelinesOfRef(home.project, 'refs/heads/other', {
      before: later(9),
      limit: 9,
    })
    expect(other).toEqual([])
  })

  test('of attempts with a reuse key the latest that succeeded is found', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const claimed = async (createdAt: number, reuseKey: string) => {
      const job = await aReadyJob(world(), home)
      const attempt = anAttempt(job, { createdAt: later(createdAt), reuseKey })
      await pipelines.claim(job.id, attempt)
      return attempt.id
    }
    const [first, second, third, other] = [
      await claimed(1, 'k'),
      await claimed(2, 'k'),
      await claimed(3, 'k'),
      await claimed(4, 'other'),
    ]
    expect(await pipelines.reusable('k')).toBeUndefined()
    for (const id of [second, first, other])
      await pipelines.moveAttempt(id, 'leased', 'succeeded', { now: later(9) })
    await pipelines.moveAttempt(third, 'leased', 'failed', { now: later(9) })
    expect(await pipelines.reusable('k')).toMatchObject({ id: second, reuseKey: 'k' })
    expect(await pipelines.reusable('none')).toBeUndefined()
  })

  test('an attempt ends together with its job, or neither moves', async () => {
    const { pipelines } = world()
    const job = await aReadyJob(world(), await settle(world()))
    const attempt = anAttempt(job)
    await pipelines.claim(job.id, attempt)
    const artifacts = [{ path: 'model.onnx', digest: digestOf('x'), size: 1, executable: false }]
    const end = { now: later(2), artifacts }
    const move = { id: job.id, to: 'succeeded', change: { now: later(2), result: { found: 1 } } } as const
    expect(await pipelines.endAttempt(attempt.id, 'running', 'succeeded', end, move)).toBe(false)
    expect((await pipelines.job(job.id))?.state).toBe('running')
    expect(await pipelines.endAttempt(attempt.id, 'leased', 'succeeded', end, move)).toBe(true)
    expect(await pipelines.attempt(attempt.id)).toMatchObject({ state: 'succeeded', artifacts })
    expect(await pipelines.job(job.id)).toMatchObject({ state: 'succeeded', result: { found: 1 } })
  })

  describe('a step that its table does not have throws, whatever the state', () => {
    const tables = [
      { thing: 'push', states: PUSH_STATES, table: PUSH_TRANSITIONS },
      { thing: 'pipeline', states: PIPELINE_STATES, table: PIPELINE_TRANSITIONS },
      { thing: 'job', states: JOB_STATES, table: JOB_TRANSITIONS },
      { thing: 'attempt', states: ATTEMPT_STATES, table: ATTEMPT_TRANSITIONS },
    ] as const
    test.each(tables)('$thing', async ({ thing, states, table }) => {
      const { pipelines } = world()
      const at = { now: NOON }
      const move = (from: never, to: never) => {
        if (thing === 'push') return pipelines.movePush(newId('push'), from, to)
        if (thing === 'pipeline') return pipelines.movePipeline(newId('pipeline'), from, to, NOON)
        if (thing === 'job') return pipelines.moveJob(newId('job'), from, to, at)
        return pipelines.moveAttempt(newId('attempt'), from, to, at)
      }
      for (const from of states) {
        for (const to of states) {
          if (mayMove<string>(table, from, to)) expect(await move(from as never, to as never)).toBe(false)
          else
            await expect(move(from as never, to as never)).rejects.toMatchObject({
              code: 'ILLEGAL_TRANSITION',
            })
        }
      }
    })
  })
}
