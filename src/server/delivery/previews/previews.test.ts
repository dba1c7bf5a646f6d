import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryWorld } from '../../../../test/server/delivery.ts'
import { type CommitId, newId, type PushId, type VersionId } from '../../../core/index.ts'
import { NO_COMMIT } from '../../../git/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import type { StoredRollout } from '../../../rollout/index.ts'
import { EnvironmentStops } from '../environments/stops.ts'
import { previewNameOf } from './name.ts'
import { MAX_PREVIEWS, type PreviewJob, Previews } from './previews.ts'

let world: DeliveryWorld
let previews: Previews
beforeEach(async () => {
  world = await DeliveryWorld.open()
  previews = new Previews(world.engine.plane.plane, world.stops)
})
afterEach(() => world.engine.plane.close())

const DAY = 24 * 3_600_000

async function aJob(branch: string): Promise<PreviewJob> {
  const environment = previewNameOf(branch)
  const work = { kind: 'deploy', environment, approval: false } as const
  const pipeline = await world.begin(branch, { name: 'deploy:preview', work })
  const job = await world.engine.job(pipeline, 'deploy:preview')
  return { pipeline, job, model: 'digits', environment, expiresMs: 3 * DAY }
}

/** A branch at a commit of its own. */
function branchOff(branch: string): CommitId {
  const commit = world.repository.commit({ 'model.onnx': branch }, world.commit)
  world.repository.set(`refs/heads/${branch}`, commit)
  return commit
}

const started: string[] = []
const begin = (asked: PreviewJob) => previews.begin(asked, async () => void started.push(asked.environment))

async function preview(branch: string): Promise<PreviewJob> {
  branchOff(branch)
  const asked = await aJob(branch)
  expect(await begin(asked)).toBeUndefined()
  return asked
}

function promoted({ pipeline, environment, job }: PreviewJob): StoredRollout {
  const now = world.engine.plane.plane.clock.now()
  return {
    id: newId('rollout'),
    project: pipeline.project,
    model: 'digits',
    environment,
    candidate: newId('version') as VersionId,
    strategy: { kind: 'immediate' },
    phase: 'promoted',
    step: 0,
    weight: 1,
    createdAt: now,
    stepStartedAt: now,
    endedAt: now,
    job: job.id,
    by: 'ada',
    revision: 2,
  }
}

async function push(...changes: readonly { ref: string; after: CommitId }[]) {
  const { plane } = world.engine.plane
  const project = (await plane.stores.access.projectByName('digits'))!
  const before = world.commit
  return world.stops.follow(
    {
      id: newId('push') as PushId,
      project: project.id,
      principal: (await plane.stores.access.principalByName('ada'))!.id,
      state: 'received',
      changes: changes.map(change => ({ before, ...change })),
      createdAt: plane.clock.now(),
    },
    project,
  )
}

describe('its name', () => {
  test.each([
    ['topic', 'preview-topic'],
    ['fix-7', 'preview-fix-7'],
    ['a'.repeat(32), `preview-${'a'.repeat(32)}`],
  ])('%s is %s', (branch, name) => {
    expect(previewNameOf(branch)).toBe(name)
  })

  test('branches that look alike have names of their own, which fit everywhere', () => {
    const branches = [
      'feature/a',
      'feature-a',
      'Feature-A',
      'feature_a',
      'a'.repeat(33),
      'a'.repeat(34),
      '数字',
      '字数',
      '-',
      '--',
      '../../etc',
    ]
    const names = branches.map(previewNameOf)
    expect(new Set(names).size).toBe(branches.length)
    for (const name of names) expect(name).toMatch(/^preview-[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/)
  })
})

test('is available before its rollout begins, and tells where it serves once that is promoted', async () => {
  const asked = await preview('topic')
  expect(started.splice(0)).toEqual(['preview-topic'])
  const now = world.engine.plane.plane.clock.now()
  const url = 'http://gateway/environments/preview-topic/v2/models/digits/infer'
  const facts = { model: 'digits', state: 'available', ref: 'refs/heads/topic', url }
  expect(await world.environment('preview-topic')).toMatchObject({ ...facts, autoStopAt: now + 3 * DAY })
  world.engine.plane.pass(DAY)
  const rollout = promoted(asked)
  expect(await previews.ended(rollout, asked)).toBe(`serves at ${url}, for who has a token`)
  expect(await previews.ended(rollout, asked)).toBe(`serves at ${url}, for who has a token`)
  const after = (await world.environment('preview-topic'))!
  expect(after).toMatchObject({ ...facts, autoStopAt: now + 4 * DAY })
  const { delivery } = world.engine.plane.plane.stores
  expect(await delivery.environmentDeployments(after.id, 9)).toMatchObject([
    { id: after.deployment, attempt: rollout.id, state: 'succeeded', commit: world.commit },
  ])
})

test('a rollout that failed leaves what served, and is among its deployments', async () => {
  const asked = await preview('topic')
  await previews.ended(promoted(asked), asked)
  const { deployment } = (await world.environment('preview-topic'))!
  const failed = { ...promoted(asked), phase: 'aborted' } as const
  expect(await previews.ended(failed, asked)).toBeUndefined()
  const now = (await world.environment('preview-topic'))!
  expect(now.deployment).toBe(deployment)
  const { delivery } = world.engine.plane.plane.stores
  expect(await delivery.environmentDeployments(now.id, 9)).toHaveLength(2)
})

describe('goes', () => {
  const gone = async (reason: string) => {
    expect(await world.environment('preview-topic')).toMatchObject({ state: 'stopped', reason })
    expect(world.removed).toEqual([`digits preview-topic: ${reason}`])
  }

  test('with its branch', async () => {
    await preview('topic')
    const { notes } = await push({ ref: 'refs/heads/topic', after: NO_COMMIT as CommitId })
    expect(notes).toEqual(['environment preview-topic is being stopped'])
    await gone('branch topic was deleted')
  })

  test('once its branch is merged, whoever merged it', async () => {
    await preview('topic')
    const other = world.repository.commit({ other: 'y' }, world.commit)
    expect((await push({ ref: 'refs/heads/main', after: other })).notes).toEqual([])
    const merge = world.repository.commit(
      { merged: 'x' },
      other,
      world.repository.ref('refs/heads/topic') as CommitId,
    )
    const { notes } = await push({ ref: 'refs/heads/main', after: merge })
    expect(notes).toEqual(['preview-topic is stopped: it was merged into main'])
    await gone('it was merged into main')
  })

  test('when its time is over, and comes back with the next deployment', async () => {
    const asked = await preview('topic')
    world.engine.plane.pass(3 * DAY - 1)
    await world.stops.tick()
    expect(world.removed).toEqual([])
    world.engine.plane.pass(1)
    await world.stops.tick()
    await gone('its time was over')
    expect(await begin(asked)).toBeUndefined()
    expect(await world.environment('preview-topic')).toMatchObject({ state: 'available', model: 'digits' })
  })

  test('after a crash in the middle too', async () => {
    await preview('topic')
    const { plane } = world.engine.plane
    const dying = { remove: () => Promise.reject(new Error('killed')) }
    const { id } = (await world.environment('preview-topic'))!
    const stops = new EnvironmentStops(plane, world.engine.reconciler, dying)
    await expect(stops.stop({ id }, 'ada asked for it')).rejects.toThrow('killed')
    expect(await world.environment('preview-topic')).toMatchObject({ state: 'stopping' })
    await world.stops.tick()
    await gone('ada asked for it')
  })

  test('the longest untouched where a project has too many', async () => {
    for (let i = 0; i < MAX_PREVIEWS; i++) {
      await preview(i === 3 ? 'topic' : `b${i}`)
      world.engine.plane.pass(1000)
      if (i === 2) world.engine.plane.pass(1000)
    }
    for (const branch of ['b0', 'b1', 'b2']) {
      expect(await begin(await aJob(branch))).toBeUndefined()
      world.engine.plane.pass(1000)
    }
    expect(world.removed).toEqual([])
    await preview('one-more')
    expect(await world.environment('preview-topic')).toMatchObject({ state: 'stopping' })
    await world.stops.tick()
    await gone(`made room for preview-one-more: a project has ${MAX_PREVIEWS} previews at most`)
  })
})

describe('is refused, and nothing starts', () => {
  beforeEach(() => void started.splice(0))
  const refused = async (asked: PreviewJob, why: string) => {
    expect(await begin(asked)).toBe(why)
    expect(started).toEqual([])
  }

  test('to a branch that was deleted meanwhile', async () => {
    await refused(await aJob('topic'), 'its branch was deleted')
    expect(await world.environment('preview-topic')).toMatchObject({ state: 'stopped' })
  })

  test('where scripts deploy', async () => {
    branchOff('topic')
    await world.begin('topic', { name: 'review', environment: { name: 'preview-topic', action: 'start' } })
    await world.engine.runReady()
    await refused(await aJob('topic'), 'preview-topic is an environment that scripts deploy to')
  })

  test('and a script takes none of them over', async () => {
    await preview('topic')
    await world.begin('topic', { name: 'review', environment: { name: 'preview-topic', action: 'stop' } })
    await world.engine.runReady()
    expect(await world.environment('preview-topic')).toMatchObject({ model: 'digits', state: 'available' })
  })

  test('under a name that another branch has', async () => {
    await preview('topic')
    started.splice(0)
    const asked = await aJob('topic')
    const pipeline: Pipeline = { ...asked.pipeline, ref: 'refs/heads/other' }
    await refused({ ...asked, pipeline }, 'preview-topic previews topic')
  })
})
