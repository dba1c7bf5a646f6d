import { beforeAll, describe, expect, test } from 'vitest'
import type { JobView, RolloutView, VersionView } from '../../src/api/index.ts'
import { FakeGateway } from '../server/agents.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const { world, runner, host, gateway, release, see, inPhase } = await startRollouts()

const YAML = 'model: model.onnx\ndeploy:\n  production: { strategy: canary, steps: [10%, 50%] }\n'

async function aModel(name: string): Promise<Repository> {
  return world.repository(name, modelFiles(YAML))
}

const deployJob = async (name: string, number: number): Promise<JobView> =>
  (await world.pipeline(name, number)).jobs.find(({ kind }) => kind === 'deploy')!
const post = async (path: string, body: unknown = {}) =>
  world.call<RolloutView>('POST', `/api/v1${path}`, { token: await world.secret(), body })

/** A model whose first version serves and whose second is a canary at 10 %. */
async function aCanary(name: string): Promise<{ repository: Repository; rollout: RolloutView }> {
  const repository = await aModel(name)
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  const { id } = await release(name, repository, 2)
  return { repository, rollout: await inPhase(id, 'progressing') }
}

test('the first version takes all traffic once its replica is ready', async () => {
  const repository = await aModel('first')
  const { id } = await release('first', repository, 1)
  expect((await see(id)).phase).toBe('preparing')
  expect(await gateway.weights('first')).toStrictEqual({})
  await inPhase(id, 'promoted')
  expect(await gateway.weights('first')).toStrictEqual({ 'stable v1': 1 })
  expect((await deployJob('first', 1)).state).toBe('succeeded')
})

test('the second goes step by step beside a baseline, and is promoted on good counts', async () => {
  const { rollout } = await aCanary('good')
  const { replicas } = await host.wanted()
  expect(replicas.map(({ replica }) => replica)).toContain(`baseline.${rollout.id}`)
  expect(await gateway.weights('good')).toStrictEqual({
    'stable v1': 0.8,
    'baseline v1': 0.1,
    'canary v2': 0.1,
  })
  await gateway.serve(rollout.id, 0, 2000)
  expect(await see(rollout.id)).toMatchObject({ phase: 'progressing', step: 1, weight: 0.5 })
  expect(await gateway.weights('good')).toStrictEqual({
    'stable v1': 0,
    'baseline v1': 0.5,
    'canary v2': 0.5,
  })
  // Late counts of the step before change nothing.
  await gateway.count(rollout.id, 0, 2000, { canary: 2000 })
  expect(await see(rollout.id)).toMatchObject({ phase: 'progressing', step: 1 })
  await gateway.serve(rollout.id, 1, 2000)
  expect(await see(rollout.id)).toMatchObject({ phase: 'promoted', weight: 1 })
  expect(await gateway.weights('good')).toStrictEqual({ 'stable v2': 1 })
  expect((await deployJob('good', 2)).state).toBe('succeeded')
})

test('errors abort it, and the table is back at stable', async () => {
  const { rollout } = await aCanary('bad')
  await gateway.serve(rollout.id, 0, 400, { canary: 200 })
  const ended = await see(rollout.id)
  expect(ended.phase).toBe('aborted')
  expect(ended.reason).toMatch(/^errors 50 % vs 0 % at baseline/)
  expect(ended.analysis).toMatchObject({ verdict: 'failed', spent: 1 })
  // The curve comes to where the budget is spent, and the last point is what decided.
  expect(ended.curve.map(({ spent }) => spent).slice(-2)).toEqual([expect.any(Number), 1])
  expect(ended.curve.every(({ metrics }) => metrics.length === 2)).toBe(true)
  expect(await gateway.weights('bad')).toStrictEqual({ 'stable v1': 1 })
  expect(await deployJob('bad', 2)).toMatchObject({ state: 'failed', reason: ended.reason })
})

test('one report of many errors is one look, and no more than that is believed', async () => {
  const { rollout } = await aCanary('burst')
  await gateway.count(rollout.id, 0, 400, { canary: 200 })
  expect(await see(rollout.id)).toMatchObject({ phase: 'progressing', analysis: { canaryRequests: 400 } })
})

test.each(['preparing', 'progressing'] as const)(
  'a replica that fails while %s aborts, with its reason',
  async phase => {
    const name = `failing-${phase}`
    const repository = await aModel(name)
    await inPhase((await release(name, repository, 1)).id, 'promoted')
    const { id, candidate } = await release(name, repository, 2)
    if (phase === 'progressing') await inPhase(id, 'progressing')
    host.fail(candidate.id, 'parity check: output differs by 0.5')
    const ended = await inPhase(id, 'aborted')
    expect(ended.reason).toContain('parity check: output differs by 0.5')
    expect(await gateway.weights(name)).toStrictEqual({ 'stable v1': 1 })
  },
)

describe('by hand', () => {
  test('promote, then roll back at once: the table is published within the call', async () => {
    const { rollout } = await aCanary('hand')
    expect(await post(`/rollouts/${rollout.id}/promote`)).toMatchObject({
      status: 200,
      body: { phase: 'promoted', reason: expect.stringContaining('Promoted by admin') },
    })
    expect(await post(`/rollouts/${rollout.id}/promote`)).toMatchObject({ status: 409 })
    const back = await post('/models/hand/rollback')
    expect(back).toMatchObject({ status: 200, body: { phase: 'promoted', candidate: { number: 1 } } })
    expect(await gateway.weights('hand')).toStrictEqual({ 'stable v1': 1 })
    const named = await post('/models/hand/rollback', { version: 2 })
    expect(named.body).toMatchObject({ phase: 'promoted', candidate: { number: 2 } })
    expect(await post('/models/hand/rollback', { version: 99 })).toMatchObject({ status: 404 })
    expect(await post('/models/hand/rollback', { version: 2 })).toMatchObject({ status: 409 })
  })

  test('a version that no replica can load is not rolled back to, and what serves goes on', async () => {
    const repository = await aModel('pickled')
    await inPhase((await release('pickled', repository, 1)).id, 'promoted')
    await repository.commit('A pickle', {
      'ballast.yaml': YAML.replace('model.onnx', '{ name: pickled, file: weights.pt }'),
      'weights.pt': 'inert',
    })
    await repository.pushAndLeave()
    await runner.endAll('pickled', 2)
    const why = expect.stringMatching(/not served: weights\.pt \(torch\.export/)
    expect(await deployJob('pickled', 2)).toMatchObject({ state: 'skipped', reason: why })
    const [version] = await world.admin<VersionView[]>('GET', '/models/pickled/versions')
    expect(version).toMatchObject({ number: 2, serving: 'none', notServed: why })
    expect(await post('/models/pickled/rollback', { version: 2 })).toMatchObject({
      status: 409,
      body: { error: { code: 'STATE_CONFLICT', message: why, hint: expect.stringContaining('ONNX') } },
    })
    expect(await gateway.weights('pickled')).toStrictEqual({ 'stable v1': 1 })
  })

  test('a version that is not there is not found, and what is on its way goes on', async () => {
    const { rollout } = await aCanary('mistyped')
    expect(await post('/models/mistyped/rollback', { version: 99 })).toMatchObject({ status: 404 })
    expect((await see(rollout.id)).phase).toBe('progressing')
  })

  test('what was known when somebody ended it is kept', async () => {
    const { rollout } = await aCanary('known')
    await gateway.count(rollout.id, 0, 30)
    const counted = { canaryRequests: 30, baselineRequests: 30 }
    await until('its analysis', async () => (await see(rollout.id)).analysis?.canaryRequests === 30)
    const aborted = await post(`/rollouts/${rollout.id}/abort`)
    expect(aborted.body).toMatchObject({ phase: 'aborted', analysis: counted })
    expect((await see(rollout.id)).analysis).toMatchObject(counted)
  })

  test('abort, once', async () => {
    const { rollout } = await aCanary('stopped')
    const aborted = await post(`/rollouts/${rollout.id}/abort`, { reason: 'smells' })
    expect(aborted.body).toMatchObject({ phase: 'aborted', reason: 'Aborted by admin: smells' })
    expect(await post(`/rollouts/${rollout.id}/abort`)).toMatchObject({ status: 409 })
    expect((await deployJob('stopped', 2)).state).toBe('failed')
  })

  test('canceling the deploy job aborts its rollout', async () => {
    const { rollout } = await aCanary('canceled')
    expect((await post(`/jobs/${(await deployJob('canceled', 2)).id}/cancel`)).status).toBe(200)
    expect((await see(rollout.id)).phase).toBe('aborted')
    expect(await gateway.weights('canceled')).toStrictEqual({ 'stable v1': 1 })
  })
})

test('two pushes wait for each other in the order in which they came', async () => {
  const { repository, rollout } = await aCanary('queue')
  const next = await release('queue', repository, 3)
  expect(next.phase).toBe('queued')
  await post(`/rollouts/${rollout.id}/abort`)
  expect((await see(next.id)).phase).toBe('preparing')
  await inPhase(next.id, 'progressing')
})

test('a deployment that needs approval starts with it, and is refused to whoever may not', async () => {
  const yaml = `${YAML.trim().replace('}', ', approve: maintainers }')}\n`
  const repository = await world.repository('approved', modelFiles(yaml))
  await repository.pushAndLeave()
  await runner.endAll('approved', 1)
  const job = await until('waiting', async () => {
    const found = await deployJob('approved', 1)
    return found.state === 'waiting' && found
  })
  expect(job.awaitsApproval).toBe(true)
  const developer = await world.person('dev-approved', 'developer', 'approved', ['read', 'push', 'deploy'])
  const refused = await world.call('POST', `/api/v1/jobs/${job.id}/approve`, { token: developer, body: {} })
  expect(refused.status).toBe(403)
  expect((await post(`/jobs/${job.id}/approve`)).status).toBe(200)
  const [rollout] = await until('a rollout', async () => {
    const found = await world.rollouts('approved')
    return found.length > 0 && found
  })
  await inPhase(rollout!.id, 'promoted')
})

test('without traffic the job waits for evidence and says how much; traffic sets it going again', async () => {
  const { rollout } = await aCanary('silent')
  const waiting = await until(
    'waiting',
    async () => {
      const job = await deployJob('silent', 2)
      return job.state === 'waiting' && job
    },
    30_000,
  )
  expect(waiting.reason).toMatch(/waits for evidence: about \d+ more requests/)
  expect(waiting.awaitsApproval).toBe(false)
  expect(await post(`/jobs/${waiting.id}/approve`)).toMatchObject({ status: 409 })
  await gateway.count(rollout.id, 0, 10)
  expect((await deployJob('silent', 2)).state).toBe('running')
  await gateway.serve(rollout.id, 0, 1990, {}, 10)
  await gateway.serve(rollout.id, 1, 2000)
  expect((await deployJob('silent', 2)).state).toBe('succeeded')
})

describe('counts', () => {
  let id: string
  beforeAll(async () => {
    id = (await aCanary('counted')).rollout.id
  })
  const requests = async () => (await see(id)).analysis?.canaryRequests

  test.each([
    { what: 'more errors than requests', counts: { requests: 1, errors: 2, latency: {} } },
    { what: 'fewer than none', counts: { requests: -5, errors: 0, latency: {} } },
    { what: 'a part of a request', counts: { requests: 1.5, errors: 0, latency: {} } },
    { what: 'a bucket that is none', counts: { requests: 1, errors: 0, latency: { abc: 1 } } },
    { what: 'a bucket beyond the last', counts: { requests: 1, errors: 0, latency: { 99999: 1 } } },
  ])('$what are refused and harm nothing', async ({ counts }) => {
    const answer = await gateway.report([{ rollout: id, step: 0, arms: { canary: counts } }])
    expect(answer.status).toBe(400)
    expect((await see(id)).phase).toBe('progressing')
  })

  test('a repeated report counts once, one that was overtaken not at all, other gateways beside it', async () => {
    await gateway.count(id, 0, 20)
    await gateway.count(id, 0, 20)
    expect(await requests()).toBe(20)
    await gateway.count(id, 0, 5)
    expect(await requests()).toBe(20)
    await new FakeGateway(world, 'epoch-2').count(id, 0, 7)
    expect(await requests()).toBe(27)
  })

  test('over a restart: no table until a host has spoken, and the counts go on', async () => {
    await world.restart()
    expect(await gateway.table()).toBeUndefined()
    await gateway.count(id, 0, 21)
    expect((await see(id)).phase).toBe('progressing')
    await host.ready()
    await until('the table', async () => (await gateway.table()) !== undefined)
    expect(await gateway.weights('counted')).toStrictEqual({
      'stable v1': 0.8,
      'baseline v1': 0.1,
      'canary v2': 0.1,
    })
    await gateway.count(id, 0, 22)
    expect(await requests()).toBe(29)
  })
})
