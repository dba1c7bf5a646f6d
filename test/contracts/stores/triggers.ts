import { describe, expect, test } from 'vitest'
import { type CommitId, type HookId, newId, type ProjectId } from '../../../src/core/index.ts'
import type { MergeRequest, Mirror, Schedule } from '../../../src/pipeline/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aPipeline, aPush, COMMIT, later, NOON, settle } from './world.ts'

type Home = Awaited<ReturnType<typeof settle>>
const OTHER = 'ab'.repeat(20) as CommitId

function aSchedule({ project, principal }: Home, change: Partial<Schedule> = {}): Schedule {
  return {
    id: newId('schedule'),
    project,
    description: 'Nightly',
    cron: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    ref: 'refs/heads/main',
    variables: { MODE: "it's; drop table" },
    inputs: { count: 3, deep: true, list: ['a', 'b'] },
    owner: principal,
    active: true,
    nextRunAt: later(1000),
    createdAt: NOON,
    ...change,
  }
}

function aMergeRequest(
  { project, principal }: Home,
  change: Partial<MergeRequest> = {},
): Omit<MergeRequest, 'number'> {
  return {
    id: newId('mergeRequest'),
    project,
    title: 'Better digits',
    description: '',
    source: 'topic',
    target: 'main',
    state: 'open',
    head: COMMIT,
    author: principal,
    needsSuccess: false,
    draft: false,
    labels: ['model'],
    createdAt: NOON,
    ...change,
  }
}

function aMirror({ project, principal }: Home, change: Partial<Mirror> = {}): Mirror {
  return {
    project,
    hook: newId('hook'),
    forge: 'github',
    url: 'https://github.com/team/digits.git',
    hookSecret: 'v1.secret',
    statuses: true,
    owner: principal,
    wanted: 1,
    done: 0,
    createdAt: NOON,
    ...change,
  }
}

export function triggerContract(world: () => Stores): void {
  test('a push keeps what it asks of its pipelines', async () => {
    const { pipelines } = world()
    const home = await settle(world())
    const push = aPush(home, { options: { skip: false, variables: { A: '1' }, inputs: { n: 2 } } })
    await pipelines.addPush(push)
    expect(await pipelines.push(push.id)).toStrictEqual(push)
  })
  describe('schedules', () => scheduleContract(world))
  describe('merge requests', () => mergeRequestContract(world))
  describe('mirrors', () => mirrorContract(world))
  describe('statuses', () => statusContract(world))
}

function scheduleContract(world: () => Stores): void {
  test('a schedule is kept, changed and removed, with its project at the latest', async () => {
    const { triggers, access } = world()
    const home = await settle(world())
    const [one, two] = [aSchedule(home), aSchedule(home, { createdAt: later(1) })]
    await triggers.addSchedule(two)
    await triggers.addSchedule(one)
    expect(await triggers.schedules(home.project)).toStrictEqual([one, two])
    const { nextRunAt: _, ...resting } = { ...one, cron: '@daily', active: false, variables: {} }
    await triggers.changeSchedule(resting)
    expect(await triggers.schedule(one.id)).toStrictEqual(resting)
    expect(await triggers.removeSchedule(one.id)).toBe(true)
    expect(await triggers.removeSchedule(one.id)).toBe(false)
    await access.removeProject(home.project)
    expect(await triggers.schedule(two.id)).toBeUndefined()
  })

  test('of those that claim a run at once, one gets it', async () => {
    const { triggers, pipelines } = world()
    const home = await settle(world())
    const schedule = aSchedule(home)
    await triggers.addSchedule(schedule)
    const pushes = Array.from({ length: 5 }, () => aPush(home, { state: 'accepted', changes: [] }))
    const won = await Promise.all(
      pushes.map(push => triggers.claimRun(schedule.id, later(1000), later(9000), push)),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    const winner = pushes[won.indexOf(true)]!
    const claimed = { ...schedule, nextRunAt: later(9000), lastRunAt: later(1000), pending: winner.id }
    expect(await triggers.schedule(schedule.id)).toStrictEqual(claimed)
    expect(await pipelines.push(winner.id)).toStrictEqual(winner)
    for (const push of pushes.filter(other => other !== winner))
      expect(await pipelines.push(push.id)).toBeUndefined()
  })

  test('a run is not claimed while another is pending, twice, at another time or while inactive', async () => {
    const { triggers } = world()
    const home = await settle(world())
    const [schedule, resting] = [aSchedule(home), aSchedule(home, { active: false })]
    await triggers.addSchedule(schedule)
    await triggers.addSchedule(resting)
    const push = aPush(home)
    expect(await triggers.claimRun(resting.id, later(1000), later(9000), aPush(home))).toBe(false)
    expect(await triggers.claimRun(schedule.id, later(999), later(9000), aPush(home))).toBe(false)
    expect(await triggers.claimRun(schedule.id, later(1000), later(9000), push)).toBe(true)
    expect(await triggers.claimRun(schedule.id, later(9000), later(17_000), aPush(home))).toBe(false)
    expect(await triggers.endRun(schedule.id, aPush(home).id, 'of another')).toBe(false)
    expect(await triggers.endRun(schedule.id, push.id, 'pipeline 1')).toBe(true)
    expect(await triggers.endRun(schedule.id, push.id, 'again')).toBe(false)
    expect(await triggers.schedule(schedule.id)).toMatchObject({ lastOutcome: 'pipeline 1' })
    expect(await triggers.claimRun(schedule.id, later(9000), undefined, aPush(home))).toBe(true)
  })

  test('due are the active ones whose time has come, and those with a pending run', async () => {
    const { triggers } = world()
    const home = await settle(world())
    const [early, late, off, stuck] = [
      aSchedule(home, { nextRunAt: later(10) }),
      aSchedule(home, { nextRunAt: later(20) }),
      aSchedule(home, { nextRunAt: later(5), active: false }),
      aSchedule(home, { nextRunAt: later(30), pending: newId('push') }),
    ]
    for (const schedule of [late, off, stuck, early]) await triggers.addSchedule(schedule)
    const due = async (ms: number) => (await triggers.dueSchedules(later(ms))).map(({ id }) => id)
    expect(await due(9)).toEqual([stuck.id])
    expect(await due(10)).toEqual([early.id, stuck.id])
    expect(await due(25)).toEqual([early.id, late.id, stuck.id])
  })
}

function mergeRequestContract(world: () => Stores): void {
  test('numbers count within a project, and pages go back', async () => {
    const { triggers } = world()
    const [home, elsewhere] = [await settle(world()), await settle(world())]
    const made = await Promise.all([1, 2, 3].map(() => triggers.addMergeRequest(aMergeRequest(home))))
    expect(made.map(({ number }) => number).toSorted()).toEqual([1, 2, 3])
    expect(await triggers.addMergeRequest(aMergeRequest(elsewhere))).toMatchObject({ number: 1 })
    const numbers = async (page: Parameters<typeof triggers.mergeRequests>[1]) =>
      (await triggers.mergeRequests(home.project, page)).map(({ number }) => number)
    expect(await numbers({ limit: 2 })).toEqual([3, 2])
    expect(await numbers({ limit: 2, before: 2 })).toEqual([1])
    expect(await numbers({ limit: 9, state: 'merged' })).toEqual([])
    expect(await triggers.openMergeRequests(home.project)).toHaveLength(3)
    expect(await triggers.openMergeRequests()).toHaveLength(4)
  })

  test('one comes back as it was given', async () => {
    const { triggers } = world()
    const home = await settle(world())
    const request = aMergeRequest(home, { external: 'github#12', draft: true, description: 'a\nb' })
    const added = await triggers.addMergeRequest(request)
    expect(added).toStrictEqual({ ...request, number: 1 })
    expect(await triggers.mergeRequest(home.project, 1)).toStrictEqual(added)
    expect(await triggers.externalMergeRequest(home.project, 'github#12')).toStrictEqual(added)
    await expect(
      triggers.addMergeRequest(aMergeRequest(home, { external: 'github#12' })),
    ).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
  })

  test('pipelines of a commit are found by ref, the newest first', async () => {
    const { triggers, pipelines } = world()
    const [home, elsewhere] = [await settle(world()), await settle(world())]
    const [first, second, other] = [
      aPipeline(home, { ref: 'refs/heads/topic' }),
      aPipeline(home, { ref: 'refs/heads/topic', createdAt: later(5) }),
      aPipeline(home, { ref: 'refs/merge-requests/1/head', createdAt: later(1) }),
    ]
    const unlike = [aPipeline(home), aPipeline(home, { ref: 'refs/heads/topic', commit: OTHER })]
    for (const pipeline of [
      first,
      second,
      other,
      ...unlike,
      aPipeline(elsewhere, { ref: 'refs/heads/topic' }),
    ])
      await pipelines.addPipeline(pipeline, [])
    const refs = ['refs/heads/topic', 'refs/merge-requests/1/head']
    const found = async (asked: readonly string[]) =>
      (await triggers.pipelinesOf(home.project, COMMIT, asked)).map(({ id }) => id)
    expect(await found(refs)).toEqual([second.id, other.id, first.id])
    expect(await found(refs.slice(1))).toEqual([other.id])
    expect(await found([])).toEqual([])
  })

  test('its head and state move from what they are, and an ended one stays', async () => {
    const { triggers } = world()
    const home = await settle(world())
    const request = await triggers.addMergeRequest(aMergeRequest(home))
    expect(await triggers.moveHead(request.id, OTHER, COMMIT)).toBe(false)
    expect(await triggers.moveHead(request.id, COMMIT, OTHER)).toBe(true)
    const changed = { ...request, head: OTHER, title: 'Other', needsSuccess: true, labels: [] }
    expect(await triggers.changeMergeRequest(changed)).toBe(true)
    expect(await triggers.mergeRequest(home.project, 1)).toStrictEqual(changed)
    const merged = { now: later(5), mergeCommit: COMMIT }
    expect(await triggers.moveMergeRequest(request.id, 'closed', 'merged', merged)).toBe(false)
    expect(await triggers.moveMergeRequest(request.id, 'open', 'merged', merged)).toBe(true)
    expect(await triggers.moveMergeRequest(request.id, 'open', 'merged', merged)).toBe(false)
    expect(await triggers.moveHead(request.id, OTHER, COMMIT)).toBe(false)
    expect(await triggers.changeMergeRequest(changed)).toBe(false)
    expect(await triggers.mergeRequest(home.project, 1)).toStrictEqual({
      ...changed,
      state: 'merged',
      mergeCommit: COMMIT,
      endedAt: later(5),
    })
  })
}

function mirrorContract(world: () => Stores): void {
  test('a project has one, found by its hook, and it goes with the project', async () => {
    const { triggers, access } = world()
    const home = await settle(world())
    const mirror = aMirror(home, { apiUrl: 'https://api.test', credentials: 'v1.c' })
    await triggers.setMirror(mirror)
    expect(await triggers.mirror(home.project)).toStrictEqual(mirror)
    expect(await triggers.mirrorByHook(mirror.hook)).toStrictEqual(mirror)
    expect(await triggers.mirrorByHook('hok_other' as HookId)).toBeUndefined()
    const other = aMirror(home, { forge: 'gitea' })
    await triggers.setMirror(other)
    expect(await triggers.mirrors()).toStrictEqual([other])
    expect(await triggers.mirrorByHook(mirror.hook)).toBeUndefined()
    await access.removeProject(home.project)
    expect(await triggers.mirrors()).toEqual([])
    expect(await triggers.removeMirror(home.project)).toBe(false)
  })

  test('what was wanted while one synchronisation ran is wanted still', async () => {
    const { triggers } = world()
    const home = await settle(world())
    await triggers.setMirror(aMirror(home))
    await triggers.wantSync(home.project)
    await triggers.endSync(home.project, 1, 'one branch moved', later(7))
    const after = { wanted: 2, done: 1, outcome: 'one branch moved', syncedAt: later(7) }
    expect(await triggers.mirror(home.project)).toMatchObject(after)
    await triggers.endSync(home.project, 2, 'nothing moved', later(8))
    await triggers.endSync(home.project, 1, 'late', later(9))
    expect(await triggers.mirror(home.project)).toMatchObject({
      wanted: 2,
      done: 2,
      outcome: 'nothing moved',
    })
  })

  test('a delivery is new once: by its id, and by its body', async () => {
    const { triggers } = world()
    const mirror = aMirror(await settle(world()))
    const second = aMirror(await settle(world()))
    await triggers.setMirror(mirror)
    await triggers.setMirror(second)
    const give = (delivery: string, digest: string, at = 0, forget = -1, hook = mirror.hook) =>
      triggers.addDelivery({ hook, delivery, digest, event: 'push', receivedAt: later(at) }, later(forget))
    expect(await Promise.all(['a', 'a', 'a'].map(id => give(id, 'x')))).toEqual(
      expect.arrayContaining(['new', 'repeated', 'repeated']),
    )
    const knows = (delivery: string, digest: string) =>
      triggers.knowsDelivery({ hook: mirror.hook, delivery, digest })
    expect([await knows('a', 'z'), await knows('z', 'x'), await knows('z', 'z')]).toEqual([true, true, false])
    expect(await give('b', 'x')).toBe('repeated')
    expect(await give('a', 'y')).toBe('repeated')
    expect(await give('b', 'y', 5)).toBe('new')
    expect(await give('a', 'x', 0, -1, second.hook)).toBe('new')
    expect(await give('a', 'x', 6, 3)).toBe('new')
    expect(await give('b', 'z', 6, 3)).toBe('repeated')
  })
}

function statusContract(world: () => Stores): void {
  async function aStatus(): Promise<{ project: ProjectId; pipeline: ReturnType<typeof aPipeline>['id'] }> {
    const home = await settle(world())
    const pipeline = aPipeline(home)
    await world().pipelines.addPipeline(pipeline, [])
    return { project: home.project, pipeline: pipeline.id }
  }

  test('is due once it is wanted, and no more once it was posted', async () => {
    const { triggers } = world()
    const of = await aStatus()
    await triggers.wantStatus({ ...of, wanted: 'running' }, NOON)
    const due = { ...of, wanted: 'running', tries: 0, nextTryAt: NOON }
    expect(await triggers.dueStatuses(NOON, 9)).toStrictEqual([due])
    expect(await triggers.dueStatuses(later(-1), 9)).toEqual([])
    await triggers.statusPosted(of.pipeline, 'running')
    await triggers.wantStatus({ ...of, wanted: 'running' }, later(5))
    expect(await triggers.dueStatuses(later(9), 9)).toEqual([])
    const told = { ...of, wanted: 'running', posted: 'running', tries: 0 }
    expect(await triggers.status(of.pipeline)).toStrictEqual(told)
    await triggers.wantStatus({ ...of, wanted: 'success' }, later(6))
    expect(await triggers.dueStatuses(later(9), 9)).toStrictEqual([
      { ...told, wanted: 'success', nextTryAt: later(6) },
    ])
  })

  test('what changes while it is posted is due still', async () => {
    const { triggers } = world()
    const of = await aStatus()
    await triggers.wantStatus({ ...of, wanted: 'running' }, NOON)
    await triggers.wantStatus({ ...of, wanted: 'failure' }, later(1))
    await triggers.statusPosted(of.pipeline, 'running')
    await triggers.statusFailed(of.pipeline, 'running', 'too late to matter', undefined)
    expect(await triggers.dueStatuses(later(1), 9)).toStrictEqual([
      { ...of, wanted: 'failure', posted: 'running', tries: 0, nextTryAt: later(1) },
    ])
  })

  test('is tried again at its time, or given up', async () => {
    const { triggers } = world()
    const of = await aStatus()
    await triggers.wantStatus({ ...of, wanted: 'success' }, NOON)
    await triggers.statusFailed(of.pipeline, 'success', '502', later(30))
    expect(await triggers.dueStatuses(later(29), 9)).toEqual([])
    expect(await triggers.dueStatuses(later(30), 9)).toMatchObject([{ tries: 1, problem: '502' }])
    await triggers.statusFailed(of.pipeline, 'success', '404', undefined)
    expect(await triggers.dueStatuses(later(1e9), 9)).toEqual([])
    expect(await triggers.status(of.pipeline)).toMatchObject({ tries: 2, problem: '404' })
  })
}
