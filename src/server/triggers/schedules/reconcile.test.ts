import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { BareRepository } from '../../../../test/server/repository.ts'
import type { Principal, Project } from '../../../access/index.ts'
import { type CommitId, newId } from '../../../core/index.ts'
import type { Pipeline, Schedule } from '../../../pipeline/index.ts'
import type { PipelineRequest, Started } from '../../pipelines/starting/start.ts'
import { addSchedule, changeSchedule, type ScheduleContent } from './actions.ts'
import { ScheduleReconciler } from './reconcile.ts'

const HOUR = 3_600_000
let world: TestPlane
let project: Project
let owner: Principal
let repository: BareRepository
let head: CommitId
let asked: PipelineRequest[]
let reconciler: ScheduleReconciler

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  project = (await access.projectByName('digits'))!
  repository = await BareRepository.make(world.plane, project)
  head = repository.commit({ a: '1' })
  repository.set('refs/heads/main', head)
  repository.set('refs/heads/topic', head)
  owner = {
    id: newId('principal'),
    name: 'grace',
    kind: 'person',
    admin: false,
    createdAt: world.plane.clock.now(),
  }
  await access.addPrincipal(owner)
  await access.setRole(owner.id, project.id, 'maintainer')
  asked = []
  reconciler = new ScheduleReconciler(world.plane, { launch: launchOnce })
})
afterEach(() => world.close())

/** As the journal does: one pipeline for each push. */
async function launchOnce(request: PipelineRequest): Promise<Started> {
  const known = asked.findIndex(({ push }) => push !== undefined && push === request.push)
  if (known < 0) asked.push(request)
  const number = known < 0 ? asked.length : known + 1
  return { kind: 'pipeline', pipeline: { number } as Pipeline }
}

/** Hourly; the clock of the test stands at 00:16:40. */
async function aSchedule(change: Partial<ScheduleContent> = {}): Promise<Schedule> {
  const content = {
    description: 'Nightly',
    cron: '0 * * * *',
    timeZone: 'UTC',
    ref: 'main',
    variables: { MODE: 'full' },
    inputs: { n: 1 },
    active: true,
    ...change,
  }
  return addSchedule(world.plane, project, owner.id, content)
}
const now = async ({ id }: Schedule) => (await world.plane.stores.triggers.schedule(id))!

test('each due time fires once, with what the schedule gives and its owner’s rights', async () => {
  const schedule = await aSchedule()
  await reconciler.tick()
  expect(asked).toEqual([])
  world.pass(HOUR)
  await Promise.all([
    reconciler.tick(),
    reconciler.tick(),
    new ScheduleReconciler(world.plane, { launch: launchOnce }).tick(),
  ])
  await reconciler.tick()
  expect(asked).toEqual([
    {
      project,
      ref: 'refs/heads/main',
      commit: head,
      event: 'schedule',
      principal: owner.id,
      push: expect.stringMatching(/^psh_/),
      variables: { MODE: 'full' },
      inputs: { n: 1 },
      schedule: { id: schedule.id, description: 'Nightly' },
    },
  ])
  expect(await now(schedule)).toMatchObject({ nextRunAt: 2 * HOUR, lastRunAt: HOUR })
  expect((await now(schedule)).lastOutcome).toMatch(/^pipeline #1/)
})

test('a run that was claimed before a crash is made after it, once', async () => {
  const schedule = await aSchedule()
  world.pass(HOUR)
  const dying = new ScheduleReconciler(world.plane, { launch: () => new Promise(() => undefined) })
  void dying.tick()
  await expect.poll(async () => (await now(schedule)).pending).toBeDefined()
  const claimed = await now(schedule)
  expect(claimed).toMatchObject({ nextRunAt: 2 * HOUR })
  await reconciler.tick()
  await reconciler.tick()
  expect(asked.map(({ push }) => push)).toEqual([claimed.pending])
  expect((await now(schedule)).pending).toBeUndefined()
})

test('a crash after the pipeline was made makes no second one', async () => {
  const schedule = await aSchedule()
  world.pass(HOUR)
  const dying = new ScheduleReconciler(world.plane, {
    launch: async request => {
      await launchOnce(request)
      return new Promise(() => undefined)
    },
  })
  void dying.tick()
  await expect.poll(() => asked.length).toBe(1)
  await reconciler.tick()
  expect(asked).toHaveLength(1)
  expect(await now(schedule)).toMatchObject({ lastOutcome: 'pipeline #1' })
})

test('of runs that were missed one is made up for, and the others are told', async () => {
  const schedule = await aSchedule()
  world.pass(5 * HOUR)
  await reconciler.tick()
  await reconciler.tick()
  expect(asked).toHaveLength(1)
  expect(await now(schedule)).toMatchObject({
    lastOutcome: 'pipeline #1 (due at 1970-01-01T01:00:00.000Z, late; 4 more missed, left out)',
    nextRunAt: 6 * HOUR,
  })
})

test.each([
  ['maintainer', 'main', 'pipeline #1'],
  ['developer', 'topic', 'pipeline #1'],
  ['developer', 'main', 'not run: its owner grace is no maintainer of digits'],
  ['reader', 'topic', 'not run: its owner grace is no developer of digits'],
  [undefined, 'topic', 'not run: its owner grace is no developer of digits'],
] as const)('an owner who is %s now, on %s: %s', async (role, ref, outcome) => {
  const schedule = await aSchedule({ ref })
  await world.plane.stores.access.setRole(owner.id, project.id, role)
  world.pass(HOUR - 1_000_000)
  await reconciler.tick()
  expect((await now(schedule)).lastOutcome).toContain(outcome)
  expect(asked).toHaveLength(outcome.startsWith('pipeline') ? 1 : 0)
  expect(await now(schedule)).toMatchObject({ nextRunAt: 2 * HOUR })
})

test('a ref that is gone, and an error, are told; the schedule goes on', async () => {
  const schedule = await aSchedule({ ref: 'topic' })
  const failing = new ScheduleReconciler(world.plane, {
    launch: async () => {
      throw new Error('the disk is full')
    },
  })
  world.pass(HOUR)
  await failing.tick()
  expect((await now(schedule)).lastOutcome).toContain('not run: the disk is full')
  repository.git(['update-ref', '-d', 'refs/heads/topic'])
  world.pass(HOUR)
  await reconciler.tick()
  expect((await now(schedule)).lastOutcome).toContain('not run: topic is gone')
})

test('one that rests does not run, and one that is set going again runs at its next time', async () => {
  const schedule = await aSchedule({ active: false })
  world.pass(3 * HOUR)
  await reconciler.tick()
  expect(asked).toEqual([])
  const { description, cron, timeZone, ref, variables, inputs } = schedule
  const content = { description, cron, timeZone, ref, variables, inputs, active: true }
  const going = await changeSchedule(world.plane, project, owner.id, await now(schedule), content)
  expect(going.nextRunAt).toBe(4 * HOUR)
  await reconciler.tick()
  expect(asked).toEqual([])
})

test('at once, beside its times', async () => {
  const schedule = await aSchedule()
  expect(await reconciler.runNow(schedule)).toBe('pipeline #1')
  expect(asked[0]).not.toHaveProperty('push')
  expect(await now(schedule)).toEqual(schedule)
})

test.each([
  { variables: { PATH: '/tmp' } },
  { variables: { 'A B': '' } },
  { variables: { BALLAST_TOKEN: 'x' } },
  { variables: { A: 'x\0y' } },
  { cron: '* * * * *' },
  { ref: 'nowhere' },
  { ref: 'refs/merge-requests/1/head' },
  { ref: '--upload-pack=x' },
])('%j is refused', async change => {
  await expect(aSchedule(change)).rejects.toMatchObject({
    code: expect.stringMatching(/REQUEST_INVALID|NOT_FOUND/),
  })
})
