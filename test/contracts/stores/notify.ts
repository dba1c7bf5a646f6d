import { expect, test } from 'vitest'
import { type JobId, newId, type ProjectId } from '../../../src/core/index.ts'
import type { Channel, News, NewsKind } from '../../../src/notify/index.ts'
import { NEWS_KINDS } from '../../../src/notify/index.ts'
import type { RolloutChange, StoredRollout } from '../../../src/rollout/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aJob, aPipeline, aPlannedJob, aRollout, aVersion, later, NOON, settle } from './world.ts'

type Home = Awaited<ReturnType<typeof settle>>
const PIPELINE = newId('pipeline')
const BROKEN: News = { kind: 'pipeline.failed', pipeline: PIPELINE }
const KEEP = 3

function aChannel(project: ProjectId, change: Partial<Channel> = {}): Channel {
  const id = newId('channel')
  return {
    id,
    project,
    name: `to ${id}`,
    kind: 'webhook',
    news: NEWS_KINDS,
    environments: [],
    language: 'en',
    shown: 'hooks.example.org',
    target: 'v1.sealed',
    active: true,
    createdAt: NOON,
    failures: 0,
    nextTryAt: NOON,
    ...change,
  }
}

export function notifyContract(world: () => Stores): void {
  const add = async (project: ProjectId, change: Partial<Channel> = {}): Promise<Channel> => {
    const channel = aChannel(project, change)
    await world().notify.addChannel(channel)
    return channel
  }
  const told = async ({ id }: Channel): Promise<readonly string[]> =>
    (await world().notify.notices(id, 99)).map(({ news }) => news.kind).reverse()
  const home = (): Promise<Home> => settle(world())

  test('a channel is kept, changed and removed with what waits in it, with its project at the latest', async () => {
    const { notify, access } = world()
    const { project } = await home()
    const full = await add(project, { heldAfter: 60_000, language: 'zh', environments: ['prod*'] })
    const plain = await add(project, { createdAt: later(1), active: false })
    expect(await notify.channels(project)).toStrictEqual([full, plain])
    expect(await notify.channelsForHeld()).toStrictEqual([full])
    const { heldAfter: _, ...changed } = { ...full, news: ['rollout.promoted'], nextTryAt: later(5) } as const
    expect(await notify.changeChannel(changed)).toBe(true)
    expect(await notify.channel(full.id)).toStrictEqual(changed)
    expect(await notify.changeChannel(aChannel(project))).toBe(false)
    const notice = await notify.tell(full.id, BROKEN, NOON)
    expect([await notify.removeChannel(full.id), await notify.removeChannel(full.id)]).toEqual([true, false])
    expect(await notify.notice(notice)).toBeUndefined()
    await access.removeProject(project)
    expect(await notify.channel(plain.id)).toBeUndefined()
  })

  test('two channels of a project have two names', async () => {
    const { project } = await home()
    await add(project, { name: 'ops' })
    await expect(add(project, { name: 'ops' })).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
    await add((await home()).project, { name: 'ops' })
  })

  test('each channel has one notice due, its oldest, until that was taken or given up', async () => {
    const { notify } = world()
    const { project } = await home()
    const [one, two] = [await add(project), await add(project, { createdAt: later(1) })]
    const [first, second] = [
      await notify.tell(one.id, BROKEN, later(1)),
      await notify.tell(one.id, BROKEN, NOON),
    ]
    const other = await notify.tell(two.id, { kind: 'test', by: 'ada' }, NOON)
    const due = async (ms = 0) => (await notify.due(later(ms), 9)).map(({ notice }) => notice.id).toSorted()
    expect(await due()).toEqual([first, other].toSorted())
    expect(await notify.due(later(0), 1)).toHaveLength(1)
    expect((await notify.due(later(0), 9)).find(({ notice }) => notice.id === first)?.channel).toEqual(one)

    const problem = 'the answer was 500'
    const failed = { kind: 'failed', at: later(2), status: 500, problem, givenUp: false } as const
    await notify.tried(first, { ...failed, nextTryAt: later(50) }, KEEP)
    expect(await due(49)).toEqual([other])
    expect(await due(50)).toEqual([first, other].toSorted())
    expect(await notify.channel(one.id)).toMatchObject({ failures: 1, nextTryAt: later(50) })
    expect(await notify.notice(first)).toStrictEqual({
      id: first,
      channel: one.id,
      news: BROKEN,
      at: later(1),
      state: 'waiting',
      tries: 1,
      triedAt: later(2),
      status: 500,
      problem,
    })
    await notify.tried(first, { ...failed, givenUp: true, nextTryAt: later(60) }, KEEP)
    expect(await due(60)).toEqual([second, other].toSorted())
    expect(await notify.channel(one.id)).toMatchObject({ failures: 2 })
    await notify.tried(second, { kind: 'sent', at: later(61), status: 204 }, KEEP)
    expect(await due(99)).toEqual([other])
    expect(await notify.channel(one.id)).toMatchObject({ failures: 0, nextTryAt: later(61) })
    expect(await notify.notice(second)).toMatchObject({ state: 'sent', tries: 1, status: 204 })
    // A late word of an earlier try.
    await notify.tried(first, { kind: 'sent', at: later(70), status: 200 }, KEEP)
    expect(await notify.notice(first)).toMatchObject({ state: 'given-up', tries: 2 })
  })

  test('a channel that rests is not due, and is told of nothing new', async () => {
    const { notify } = world()
    const { project } = await home()
    const channel = await add(project)
    await notify.tell(channel.id, BROKEN, NOON)
    await notify.changeChannel({ ...channel, active: false })
    expect(await notify.due(later(9), 9)).toEqual([])
  })

  test('of what has ended the newest are kept, and all that waits', async () => {
    const { notify } = world()
    const channel = await add((await home()).project)
    const ids = []
    for (let i = 0; i < 7; i++) ids.push(await notify.tell(channel.id, BROKEN, later(i)))
    for (const id of ids.slice(0, 5))
      await notify.tried(id, { kind: 'sent', at: later(9), status: 200 }, KEEP)
    expect((await notify.notices(channel.id, 99)).map(({ id }) => id)).toEqual(ids.slice(2).toReversed())
    expect(await notify.notices(channel.id, 2)).toHaveLength(2)
  })

  test('a channel that takes nothing has an end to what waits in it', async () => {
    const { notify } = world()
    const channel = await add((await home()).project)
    for (let i = 0; i < 300; i++) await notify.tell(channel.id, BROKEN, NOON)
    for (let i = 0; i < 301; i++) await notify.tell(channel.id, BROKEN, NOON)
    const more = await notify.tell(channel.id, BROKEN, later(1))
    expect(await notify.notices(channel.id, 999)).toHaveLength(600)
    expect(await notify.notice(more)).toMatchObject({
      state: 'given-up',
      tries: 0,
      problem: '300 notices wait already',
    })
  })

  test('of one occasion a channel is told once', async () => {
    const { notify } = world()
    const { project } = await home()
    const [one, two] = [await add(project), await add(project)]
    await Promise.all([1, 2, 3].map(() => notify.tellOnce(one.id, BROKEN, 'held', NOON)))
    await notify.tellOnce(one.id, BROKEN, 'held again', NOON)
    await notify.tellOnce(two.id, BROKEN, 'held', NOON)
    expect([await told(one), await told(two)].map(kinds => kinds.length)).toEqual([2, 1])
  })

  rolloutNews(world, add, told)
  pipelineNews(world, add, told, home)
}

type Add = (project: ProjectId, change?: Partial<Channel>) => Promise<Channel>
type TellKinds = (channel: Channel) => Promise<readonly string[]>

function rolloutNews(world: () => Stores, add: Add, told: TellKinds): void {
  const run = async (
    start: Partial<StoredRollout>,
    ...steps: readonly Partial<StoredRollout & RolloutChange>[]
  ): Promise<{ all: Channel; few: Channel; rollout: StoredRollout }> => {
    const { project } = await settle(world())
    const all = await add(project)
    const few = await add(project, { news: ['rollout.promoted'], environments: ['production'] })
    const version = await world().versions.register(aVersion(project))
    const rollout = aRollout(version, { job: 'job_1' as JobId, ...start })
    await world().rollouts.add(rollout)
    let revision = rollout.revision
    let next: StoredRollout = rollout
    for (const step of steps) {
      next = { ...next, ...step }
      const { phase, weight, reason = '' } = next
      const change = {
        at: later(revision),
        phase,
        step: 0,
        weight,
        reason,
        decision: { kind: 'checks' },
      } as const
      expect(await world().rollouts.update(next, revision++, change)).toBe(true)
    }
    return { all, few, rollout }
  }
  const pause = { by: 'ada', at: NOON }

  test.each<
    readonly [string, Partial<StoredRollout>, readonly Partial<StoredRollout>[], readonly NewsKind[]]
  >([
    [
      'step by step to the end',
      {},
      [
        { phase: 'preparing' },
        { phase: 'progressing', weight: 0.05 },
        { weight: 0.25 },
        { phase: 'promoted', weight: 1 },
      ],
      ['rollout.started', 'rollout.promoted'],
    ],
    [
      'aborted under traffic',
      { phase: 'progressing', weight: 0.1 },
      [{ phase: 'aborted', weight: 0 }],
      ['rollout.rolled-back'],
    ],
    ['aborted before', { phase: 'preparing' }, [{ phase: 'aborted' }], ['rollout.aborted']],
    ['superseded', {}, [{ phase: 'aborted', supersededBy: newId('rollout') }], ['rollout.superseded']],
    ['let go on', {}, [{ override: pause }], ['rollout.overridden']],
    ['paused', { phase: 'progressing' }, [{ pause }], ['rollout.paused']],
    ['a preview', { environment: 'preview-topic' }, [{ phase: 'preparing' }], []],
  ])('a rollout is told of with each of its turns: %s', async (_, start, steps, kinds) => {
    const { all, few } = await run(start, ...steps)
    expect(await told(all)).toEqual(kinds)
    expect(await told(few)).toEqual(kinds.filter(kind => kind === 'rollout.promoted'))
  })

  test('a return to an earlier version is told of as one, with its facts', async () => {
    const { project } = await settle(world())
    const channel = await add(project)
    const version = await world().versions.register(aVersion(project))
    const rollout = aRollout(version, { phase: 'preparing', by: 'grace' })
    await world().rollouts.add(rollout)
    const next = { ...rollout, phase: 'promoted', weight: 1, endedAt: NOON } as const
    const decision = { kind: 'person', by: 'grace' } as const
    const change = {
      at: later(3),
      phase: 'promoted',
      step: 0,
      weight: 1,
      reason: 'at once',
      decision,
    } as const
    await world().rollouts.update(next, 1, change)
    const [notice] = await world().notify.notices(channel.id, 9)
    expect(notice).toMatchObject({
      at: later(3),
      state: 'waiting',
      tries: 0,
      news: {
        kind: 'rollout.rolled-back',
        isRollback: true,
        rollout: rollout.id,
        candidate: version.id,
        reason: 'at once',
        by: 'grace',
        decision,
      },
    })
    // What was not stored is not told either.
    expect(await world().rollouts.update(next, 1, change)).toBe(false)
    expect(await told(channel)).toHaveLength(1)
  })
}

function pipelineNews(world: () => Stores, add: Add, told: TellKinds, home: () => Promise<Home>): void {
  const end = async (at: Home, state: 'succeeded' | 'failed' | 'canceled', change = {}) => {
    const { pipelines } = world()
    const pipeline = await pipelines.addPipeline(aPipeline(at, change), [])
    await pipelines.movePipeline(pipeline.id, 'running', state, NOON)
    return pipeline
  }

  test('a default branch that fails is told of once, and once that it is well again', async () => {
    const at = await home()
    const channel = await add(at.project)
    await end(at, 'succeeded')
    await end(at, 'failed')
    await end(at, 'failed')
    await end(at, 'canceled')
    await end(at, 'succeeded')
    await end(at, 'succeeded')
    await end(at, 'failed')
    expect(await told(channel)).toEqual(['pipeline.failed', 'pipeline.fixed', 'pipeline.failed'])
  })

  test('a retry that succeeds mends the branch; one that never began breaks it', async () => {
    const at = await home()
    const channel = await add(at.project)
    const { pipelines } = world()
    const broken = await pipelines.addPipeline(aPipeline(at, { state: 'failed', endedAt: NOON }), [])
    expect(await told(channel)).toEqual(['pipeline.failed'])
    await pipelines.movePipeline(broken.id, 'failed', 'running', NOON)
    await pipelines.movePipeline(broken.id, 'running', 'succeeded', later(1))
    expect(await told(channel)).toEqual(['pipeline.failed', 'pipeline.fixed'])
  })

  test('other branches, children and what a newer result has overtaken say nothing', async () => {
    const at = await home()
    const channel = await add(at.project)
    const { pipelines } = world()
    await end(at, 'failed', { ref: 'refs/heads/topic' })
    const job = aJob({ id: newId('pipeline') })
    const parent = aPipeline(at)
    await pipelines.addPipeline(parent, [{ ...job, pipeline: parent.id }])
    await end(at, 'failed', { parent: job.id })
    const slow = await pipelines.addPipeline(aPipeline(at), [])
    await end(at, 'succeeded')
    await pipelines.movePipeline(slow.id, 'running', 'failed', later(1))
    expect(await told(channel)).toEqual([])
  })

  test('an approval that is needed, and one that did not come, are told of for their environment', async () => {
    const at = await home()
    const [all, other] = [await add(at.project), await add(at.project, { environments: ['staging'] })]
    const { pipelines } = world()
    const pipeline = aPipeline(at)
    const deploy = (approval: boolean, name: string) =>
      aPlannedJob({ name, work: { kind: 'deploy', environment: 'production', approval } })
    const [needs, free, played] = [
      aJob(pipeline, { state: 'blocked', plan: deploy(true, 'deploy') }),
      aJob(pipeline, {
        state: 'blocked',
        position: 1,
        plan: { ...deploy(true, 'b'), start: { kind: 'manual' } },
      }),
      aJob(pipeline, {
        state: 'blocked',
        position: 2,
        plan: aPlannedJob({ name: 'script', approval: 'production' }),
      }),
    ]
    await pipelines.addPipeline(pipeline, [needs, free, played])
    const waits = { now: NOON, reason: 'waits', due: later(50) }
    expect(await pipelines.moveJob(needs.id, 'blocked', 'waiting', waits)).toBe(true)
    expect(await pipelines.moveJob(needs.id, 'blocked', 'waiting', waits)).toBe(false)
    await pipelines.moveJob(free.id, 'blocked', 'waiting', waits)
    await pipelines.moveJobs([
      { id: played.id, from: 'blocked', to: 'waiting', change: { now: NOON, reason: 'waits' } },
    ])
    expect(await told(all)).toEqual(['approval.needed', 'approval.needed'])
    const [, first] = await world().notify.notices(all.id, 9)
    expect(first?.news).toEqual({
      kind: 'approval.needed',
      pipeline: pipeline.id,
      job: needs.id,
      jobName: 'deploy',
      environment: 'production',
      reason: 'waits',
      until: later(50),
    })
    // Somebody canceled the one; the other's time is over.
    await pipelines.moveJob(played.id, 'waiting', 'canceled', { now: later(60), reason: 'canceled by ada' })
    await pipelines.moveJob(needs.id, 'waiting', 'canceled', { now: later(50), reason: 'nobody approved it' })
    expect(await told(all)).toEqual(['approval.needed', 'approval.needed', 'approval.expired'])
    expect(await told(other)).toEqual([])
  })
}
