import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { DeliveryWorld } from '../../../../test/server/delivery.ts'
import { newId } from '../../../core/index.ts'
import { NO_COMMIT } from '../../../git/index.ts'
import type { JobEnvironment, Pipeline, PlannedJob, Push } from '../../../pipeline/index.ts'
import { EnvironmentStops } from './stops.ts'

const HOUR = 3_600_000
const NAME = 'review/topic'

let world: DeliveryWorld
beforeEach(async () => {
  world = await DeliveryWorld.open()
})
afterEach(() => world.close())

const deploy = (change: Partial<JobEnvironment> = {}, more: Partial<PlannedJob> = {}) => ({
  name: 'deploy',
  environment: { name: NAME, action: 'start' as const, onStop: 'stop', ...change },
  ...more,
})
const stopJob = (more: Partial<PlannedJob> = {}) => ({
  name: 'stop',
  environment: { name: NAME, action: 'stop' as const },
  start: { kind: 'manual' as const },
  allowFailure: true,
  ...more,
})

/** A pipeline whose deploy job has run, and whose stop job waits for somebody. */
async function deployed(change: Partial<JobEnvironment> = {}, stop: Partial<PlannedJob> = {}) {
  const pipeline = await world.begin('topic', deploy(change), stopJob(stop))
  await world.engine.runReady()
  return pipeline
}

const states = (pipeline: Pipeline) => world.engine.states(pipeline)
const tick = () => world.stops.tick()

async function deletionOf(branch: string): Promise<readonly string[]> {
  const { stores, clock } = world.engine.plane.plane
  const project = (await stores.access.projectByName('digits'))!
  const [principal] = await stores.access.principals()
  const push: Push = {
    id: newId('push'),
    project: project.id,
    principal: principal!.id,
    state: 'received',
    changes: [{ ref: `refs/heads/${branch}`, before: world.commit, after: NO_COMMIT }],
    createdAt: clock.now(),
  }
  return (await world.stops.follow(push, project)).notes
}

describe('a job that deploys', () => {
  test('makes its environment, with what was deployed by whom', async () => {
    const pipeline = await deployed({ url: 'https://topic.example.org', tier: 'testing' })
    const job = await world.job(pipeline, 'deploy')
    const environment = (await world.environment(NAME))!
    expect(environment).toMatchObject({
      name: NAME,
      slug: expect.stringMatching(/^review-topic-[0-9a-z]{6}$/),
      tier: 'testing',
      url: 'https://topic.example.org',
      state: 'available',
      ref: 'refs/heads/topic',
      stopJob: (await world.job(pipeline, 'stop')).id,
    })
    const { delivery } = world.engine.plane.plane.stores
    expect(await delivery.environmentDeployment(environment.deployment!)).toMatchObject({
      job: job.id,
      pipeline: pipeline.id,
      commit: world.commit,
      by: pipeline.principal,
      state: 'succeeded',
    })
  })

  test('makes one deployment for each attempt, however often its end is told', async () => {
    const pipeline = await world.begin('topic', deploy())
    const [offer] = await world.engine.lease()
    await world.engine.finish(offer!)
    await world.engine.finish(offer!)
    const { delivery } = world.engine.plane.plane.stores
    const { id } = (await world.environment(NAME))!
    expect(await delivery.environmentDeployments(id, 9)).toHaveLength(1)
    await world.engine.actions.retry(await world.job(pipeline, 'deploy'))
    await world.engine.runReady()
    expect(await delivery.environmentDeployments(id, 9)).toHaveLength(2)
  })

  test('that fails leaves the last good deployment and its address, and can be taken down', async () => {
    await deployed({ url: 'https://one.example.org' })
    const before = (await world.environment(NAME))!
    const pipeline = await world.begin('topic', deploy({ url: 'https://two.example.org' }), stopJob())
    await world.engine.runReady({ outcome: 'failed', exitCode: 1 })
    expect(await world.environment(NAME)).toMatchObject({
      deployment: before.deployment,
      url: 'https://one.example.org',
      stopJob: (await world.job(pipeline, 'stop')).id,
    })
    const [latest] = await world.engine.plane.plane.stores.delivery.environmentDeployments(before.id, 1)
    expect(latest).toMatchObject({ state: 'failed', pipeline: pipeline.id })
  })

  test.each(['prepare', 'verify', 'access', 'stop'] as const)(
    'with action %s deploys nothing',
    async action => {
      await world.begin('topic', deploy({ action }))
      await world.engine.runReady()
      expect(await world.environment(NAME)).toBeUndefined()
    },
  )
})

describe('its address', () => {
  const urlAfter = async (url: string, more: Partial<PlannedJob> = {}, dotenv = '') => {
    await world.begin('main', deploy({ url }, more))
    const files = await world.kept({ 'deploy.env': dotenv })
    await world.engine.runReady({ ...files, reports: [{ kind: 'dotenv', path: 'deploy.env' }] })
    return (await world.environment(NAME))?.url
  }

  test('has what the job itself has told in it', async () => {
    expect(
      await urlAfter('https://$HOST/$CI_JOB_NAME', { env: { HOST: 'wrong' } }, 'HOST=x.example.org'),
    ).toBe('https://x.example.org/deploy')
  })

  test.each(['javascript:alert(1)', 'https://', 'data:text/html,x', '$NOTHING', 'ftp://x', 'https://a b'])(
    'is left out where it is none for a browser: %s',
    async url => {
      expect(await urlAfter(url)).toBeUndefined()
      expect(await world.environment(NAME)).toMatchObject({ state: 'available' })
    },
  )

  test('never shows a secret', async () => {
    await world.setSecret('TOKEN', 'correct-horse')
    expect(await urlAfter('https://x.example.org/?key=$TOKEN')).toBeUndefined()
  })
})

describe('an environment is stopped', () => {
  test('on request: its job runs, and then it is', async () => {
    const pipeline = await deployed()
    expect(await states(pipeline)).toBe('deploy succeeded, stop waiting')
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it')
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopping', reason: 'ada asked for it' })
    expect(await states(pipeline)).toBe('deploy succeeded, stop ready')
    await world.engine.runReady()
    expect(await world.environment(NAME)).toMatchObject({
      state: 'stopped',
      reason: "stopped by job 'stop'",
    })
    expect(await world.engine.stateOf(pipeline.id)).toBe('succeeded')
    await tick()
    expect(await states(pipeline)).toBe('deploy succeeded, stop succeeded')
  })

  test('at once where nothing takes it down', async () => {
    await deployed({ onStop: 'nothing' })
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it')
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopped', reason: 'ada asked for it' })
  })

  test('never by a job that is of another environment, or does not stop', async () => {
    const other = { environment: { name: 'production', action: 'stop' as const } }
    const pipeline = await deployed({}, other)
    expect((await world.environment(NAME))?.stopJob).toBeUndefined()
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it')
    expect(await states(pipeline)).toBe('deploy succeeded, stop waiting')
  })

  test('when its branch goes, and by that alone', async () => {
    const pipeline = await deployed()
    expect(await deletionOf('other')).toEqual([])
    expect(await states(pipeline)).toBe('deploy succeeded, stop waiting')
    expect(await deletionOf('topic')).toEqual([`environment ${NAME} is being stopped`])
    expect(await states(pipeline)).toBe('deploy succeeded, stop ready')
    expect(await world.environment(NAME)).toMatchObject({ reason: 'branch topic was deleted' })
    expect(await deletionOf('topic')).toEqual([])
  })

  test('not with its branch where nothing takes it down', async () => {
    await deployed({ onStop: 'nothing' })
    expect(await deletionOf('topic')).toEqual([])
    expect(await world.environment(NAME)).toMatchObject({ state: 'available' })
  })

  test('with the source branch of its merge request', async () => {
    const ref = 'refs/merge-requests/1/head'
    const facts = {
      number: 1,
      title: '',
      description: '',
      sourceBranch: 'topic',
      targetBranch: 'main',
      sourceSha: world.commit,
      targetSha: world.commit,
      sourceProject: 'digits',
      labels: [],
      draft: false,
    }
    const trigger = aTrigger({ ref, event: 'merge_request', mergeRequest: facts })
    await world.engine.begin({ ref, trigger }, deploy(), stopJob())
    await world.engine.runReady()
    expect(await deletionOf('topic')).toEqual([`environment ${NAME} is being stopped`])
  })

  test('when its time has come, once, whoever looks', async () => {
    const pipeline = await deployed({ autoStopIn: HOUR })
    await tick()
    expect(await states(pipeline)).toBe('deploy succeeded, stop waiting')
    world.engine.plane.pass(HOUR)
    const other = new EnvironmentStops(world.engine.plane.plane, world.engine.reconciler, world.served)
    await Promise.all([tick(), other.tick(), tick()])
    expect(await states(pipeline)).toBe('deploy succeeded, stop ready')
    await world.engine.runReady()
    await tick()
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopped' })
    expect((await world.environment(NAME))?.autoStopAt).toBeUndefined()
  })

  test.each([
    ['prepare', true],
    ['access', true],
    ['verify', false],
  ] as const)('its time is put off by %s: %s', async (action, puts) => {
    await deployed({ autoStopIn: HOUR })
    const { autoStopAt } = (await world.environment(NAME))!
    world.engine.plane.pass(HOUR / 2)
    await world.begin('topic', deploy({ action, autoStopIn: HOUR }))
    await world.engine.runReady()
    expect((await world.environment(NAME))?.autoStopAt).toBe(autoStopAt! + (puts ? HOUR / 2 : 0))
  })

  test('after a crash between any two steps', async () => {
    const pipeline = await deployed()
    const { delivery } = world.engine.plane.plane.stores
    const before = (await world.environment(NAME))!
    // The request was written, and nothing of it done.
    const stopping = { ...before, state: 'stopping' as const, reason: 'why', revision: before.revision + 1 }
    await delivery.saveEnvironment(stopping, before.revision)
    await tick()
    expect(await states(pipeline)).toBe('deploy succeeded, stop ready')
    // Its job was set going, and that not written.
    const asked = (await world.environment(NAME))!
    await delivery.saveEnvironment(
      { ...asked, stopAsked: false, revision: asked.revision + 1 },
      asked.revision,
    )
    await tick()
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopping', stopAsked: true })
    await world.engine.runReady()
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopped' })
  })

  test('even when a later job failed, so that the stop job was skipped', async () => {
    const pipeline = await world.begin('topic', deploy(), { name: 'smoke' }, stopJob({ needs: ['smoke'] }))
    for (const offer of await world.engine.lease())
      await world.engine.finish(offer, offer.jobName === 'smoke' ? { outcome: 'failed' } : {})
    expect(await states(pipeline)).toBe('deploy succeeded, smoke failed, stop skipped')
    await deletionOf('topic')
    expect(await states(pipeline)).toBe('deploy succeeded, smoke failed, stop ready')
    await world.engine.runReady()
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopped' })
  })

  test('or says that it could not be, and does not try for ever', async () => {
    const pipeline = await deployed({ autoStopIn: HOUR })
    world.engine.plane.pass(HOUR)
    await tick()
    await world.engine.runReady({ outcome: 'failed', exitCode: 1 })
    await tick()
    await tick()
    expect(await world.environment(NAME)).toMatchObject({
      state: 'available',
      reason: "it could not be stopped: 'stop' failed",
    })
    expect(await states(pipeline)).toBe('deploy succeeded, stop failed')
  })

  test('not by a job that a rule or policy skips', async () => {
    const pipeline = await deployed({}, { skip: 'not here' })
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it')
    expect(await world.environment(NAME)).toMatchObject({
      state: 'available',
      reason: "it could not be stopped: 'stop' is skipped, not here",
    })
    expect(await states(pipeline)).toBe('deploy succeeded, stop skipped')
  })

  test('with the approval that its policy wants: of who asks, or later', async () => {
    const approval = { approval: NAME }
    const first = await deployed({}, approval)
    await deletionOf('topic')
    await tick()
    expect(await states(first)).toBe('deploy succeeded, stop waiting')
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopping' })
    await world.engine.actions.approve(await world.job(first, 'stop'), 'grace')
    await world.engine.runReady()
    expect(await world.environment(NAME)).toMatchObject({ state: 'stopped' })
    const second = await deployed({}, approval)
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it', true)
    expect(await states(second)).toBe('deploy succeeded, stop ready')
  })

  test('and is available again once it is deployed to', async () => {
    await deployed()
    await world.stops.stop((await world.environment(NAME))!, 'ada asked for it')
    await world.engine.runReady()
    await deployed()
    const environment = await world.environment(NAME)
    expect(environment).toMatchObject({ state: 'available', stopAsked: false })
    expect(environment?.reason).toBeUndefined()
  })
})

test('a script that waits for approval starts with it alone: nobody plays it, and a retry waits again', async () => {
  const pipeline = await world.begin('main', deploy({}, { approval: NAME, start: { kind: 'manual' } }))
  const job = () => world.job(pipeline, 'deploy')
  expect(await states(pipeline)).toBe('deploy waiting')
  await expect(world.engine.actions.play(await job(), 'ada')).rejects.toMatchObject({
    code: 'STATE_CONFLICT',
  })
  await world.engine.actions.approve(await job(), 'grace')
  expect(await states(pipeline)).toBe('deploy ready')
  expect((await job()).reason).toBe('approved by grace')
  await world.engine.runReady()
  await world.engine.actions.retry(await job())
  expect(await states(pipeline)).toBe('deploy waiting')
})
