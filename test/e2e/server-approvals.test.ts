import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobView, RolloutView } from '../../src/api/index.ts'
import { FakeHost, FakeRunner } from '../server/agents.ts'
import { modelFiles, type Repository, startWorld, until, type World } from '../server/world.ts'

let world: World
let runner: FakeRunner
let host: FakeHost

beforeAll(async () => {
  world = await startWorld()
  runner = new FakeRunner(world)
  host = new FakeHost(world)
})
afterAll(() => world.stop())

const YAML = 'model: model.onnx\ndeploy:\n  production:\n'

/** A pipeline of the admin's whose deployment waits for approval, by this rule. */
async function waiting(
  name: string,
  approval: { byOthers: boolean; expiresMs?: number },
): Promise<{ repository: Repository; job: JobView }> {
  await world.admin('POST', '/projects', { name })
  const path = `/projects/${name}/policies/production`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  await world.admin('PUT', path, { ...policy, approvers: 'maintainer', approval })
  expect(await world.admin('GET', path)).toMatchObject({ approval })
  const repository = await world.repository(name, modelFiles(YAML))
  await repository.pushAndLeave()
  await runner.endAll(name, 1)
  return { repository, job: await deployJob(name, state => state === 'waiting' || state === 'canceled') }
}

const deployJob = (name: string, is: (state: JobView['state']) => boolean): Promise<JobView> =>
  until(`the deploy job of ${name}`, async () => {
    const { jobs } = await world.pipeline(name, 1)
    const job = jobs.find(({ kind }) => kind === 'deploy')
    return job && is(job.state) && job
  })
const approve = async (job: JobView, token: string) =>
  world.call<{ error: { code: string; message: string } }>('POST', `/api/v1/jobs/${job.id}/approve`, {
    token,
    body: {},
  })
const promoted = (name: string): Promise<RolloutView> =>
  host.serveUntil(`${name} promoted`, async () => {
    const [rollout] = await world.rollouts(name)
    return rollout?.phase === 'promoted' && rollout
  })

test('who pushed does not approve where the policy wants others: not even an admin', async () => {
  const { job } = await waiting('four-eyes', { byOthers: true })
  expect(await approve(job, await world.secret())).toMatchObject({
    status: 403,
    body: { error: { code: 'FORBIDDEN', message: expect.stringContaining('approved by others') } },
  })
  expect((await deployJob('four-eyes', () => true)).state).toBe('waiting')
  const other = await world.person('grace', 'maintainer', 'four-eyes', ['read', 'deploy'])
  expect((await approve(job, other)).status).toBe(200)
  const rollout = await promoted('four-eyes')
  expect(rollout).toMatchObject({ by: 'admin', approvedBy: 'grace' })
  await world.restart()
  expect((await world.rollouts('four-eyes'))[0]).toMatchObject({ approvedBy: 'grace' })
})

test('where anyone may, who pushed may; nobody approves twice', async () => {
  const { job } = await waiting('own-word', { byOthers: false, expiresMs: 3_600_000 })
  expect(job).toMatchObject({ awaitsApproval: true, due: expect.any(String) })
  expect((await approve(job, await world.secret())).status).toBe(200)
  expect((await approve(job, await world.secret())).status).toBe(409)
  expect(await promoted('own-word')).toMatchObject({ approvedBy: 'admin' })
  // The hour that its approval had is no time of the job itself.
  expect(await deployJob('own-word', () => true)).toMatchObject({ state: 'succeeded', due: null })
})

test('what nobody approves in time is canceled, also where the server was away then; a retry waits anew', async () => {
  const { job } = await waiting('late', { byOthers: false, expiresMs: 1000 })
  await world.restart()
  const canceled = await deployJob('late', state => state === 'canceled')
  expect(canceled.reason).toBe('nobody approved it within 1 s')
  expect((await approve(job, await world.secret())).status).toBe(409)
  expect(await world.rollouts('late')).toStrictEqual([])

  const path = `/projects/late/policies/production`
  expect(await world.admin('GET', path)).toMatchObject({ approval: { expiresMs: 1000 } })
  await world.admin('POST', `/jobs/${job.id}/retry`, {})
  await deployJob('late', state => state === 'waiting' || state === 'canceled')
  const again = await until('canceled again', async () => {
    const found = await deployJob('late', state => state === 'canceled')
    return found.reason === 'nobody approved it within 1 s' && found
  })
  expect(again.id).toBe(job.id)
})
