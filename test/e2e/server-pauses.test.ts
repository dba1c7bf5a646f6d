import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const execFileAsync = promisify(execFile)

const { world, host, gateway, release, see } = await startRollouts()

const YAML = 'model: model.onnx\ndeploy:\n  production: { strategy: canary, steps: [10%, 50%] }\n'

const seen = (
  id: string,
  what: string,
  is: (rollout: RolloutView) => boolean,
  between: () => Promise<void> = async () => {},
) =>
  host.serveUntil(`${id} ${what}`, async () => {
    await between()
    const rollout = await see(id)
    return is(rollout) && rollout
  })
/** With healthy traffic of both arms at a step, look by look. */
const seenUnderTraffic = (id: string, what: string, is: (rollout: RolloutView) => boolean) => {
  let requests = 0
  return seen(id, what, is, async () => {
    requests += 200
    await gateway.count(id, 0, requests)
  })
}
const inPhase = (id: string, phase: RolloutView['phase']) => seen(id, phase, is => is.phase === phase)
const deployJob = async (name: string, number: number) =>
  (await world.pipeline(name, number)).jobs.find(({ kind }) => kind === 'deploy')!
const post = async (path: string, body: unknown = {}, token?: string) =>
  world.call<RolloutView>('POST', `/api/v1${path}`, { token: token ?? (await world.secret()), body })

/** A canary at its first step, over a first version that serves. */
async function aCanary(name: string): Promise<string> {
  return (await canaryOf(name)).id
}

async function canaryOf(name: string): Promise<{ readonly repository: Repository; readonly id: string }> {
  const repository = await world.repository(name, modelFiles(YAML))
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  const { id } = await release(name, repository, 2)
  await inPhase(id, 'progressing')
  return { repository, id }
}

test('a paused canary whose analysis passes does not move, over a restart too; resumed, it goes on', async () => {
  const id = await aCanary('paused')
  const developer = await world.person('dev-paused', 'developer', 'paused', ['read', 'push', 'deploy'])
  expect((await post(`/rollouts/${id}/pause`, {}, developer)).status).toBe(403)

  const reason = 'odd answers'
  expect(await post(`/rollouts/${id}/pause`, { reason })).toMatchObject({
    status: 200,
    body: { phase: 'progressing', step: 0, weight: 0.1, paused: { by: 'admin', reason, until: null } },
  })
  const held = await seenUnderTraffic(id, 'judged', is => /analysis passed/.test(is.reason ?? ''))
  expect(held).toMatchObject({ phase: 'progressing', step: 0, weight: 0.1 })
  expect(held.reason).toMatch(/^Paused by admin: odd answers; /)
  const job = await until('a waiting job', async () => {
    const found = await deployJob('paused', 2)
    return found.state === 'waiting' && found
  })
  expect(job.reason).toBe('waits: its rollout was paused by admin')

  await world.restart()
  await host.ready()
  expect(await see(id)).toMatchObject({ step: 0, paused: { by: 'admin', reason } })

  const resumed = await post(`/rollouts/${id}/resume`, { reason: 'they were right' })
  expect(resumed).toMatchObject({ status: 200, body: { paused: null } })
  const going = await seenUnderTraffic(id, 'at its next step', ({ step }) => step === 1)
  expect(going.history.map(change => change.reason)).toEqual(
    expect.arrayContaining(['Paused by admin: odd answers', 'Resumed by admin: they were right']),
  )
  expect((await post(`/rollouts/${id}/resume`)).status).toBe(409)
})

test('a harmful canary is rolled back while it is paused', async () => {
  const id = await aCanary('harmful')
  await post(`/rollouts/${id}/pause`)
  let requests = 0
  const ended = await seen(
    id,
    'aborted',
    ({ phase }) => phase === 'aborted',
    async () => {
      requests += 200
      await gateway.count(id, 0, requests, { canary: requests / 2 })
    },
  )
  expect(ended).toMatchObject({ paused: null })
  expect(await gateway.weights('harmful')).toStrictEqual({ 'stable v1': 1 })
  expect((await post(`/rollouts/${id}/pause`)).status).toBe(409)
})

test('a promotion by hand ends a pause', async () => {
  const id = await aCanary('hand')
  await post(`/rollouts/${id}/pause`, { forMs: 3_600_000 })
  expect((await post(`/rollouts/${id}/promote`)).body).toMatchObject({ phase: 'promoted', paused: null })
})

test('what waits in the queue, or for its replicas, takes no traffic while it is paused', async () => {
  const { repository, id: first } = await canaryOf('line')
  const { id } = await release('line', repository, 3)
  await post(`/rollouts/${id}/pause`)
  await post(`/rollouts/${first}/promote`)
  expect(await see(id)).toMatchObject({ phase: 'queued', reason: 'Paused by admin' })
  await post(`/rollouts/${id}/resume`)
  await until('its turn', async () => (await see(id)).phase === 'preparing')
  await post(`/rollouts/${id}/pause`)
  await host.ready()
  expect(await see(id)).toMatchObject({ phase: 'preparing', weight: 0 })
  await post(`/rollouts/${id}/resume`)
  await inPhase(id, 'progressing')
})

test('a pause with an end is over by itself; times that are none are refused', async () => {
  const id = await aCanary('timed')
  for (const forMs of [0, 1.5, 1e15])
    expect((await post(`/rollouts/${id}/pause`, { forMs })).status).toBe(400)
  await post(`/rollouts/${id}/pause`, { forMs: 1000 })
  const going = await seenUnderTraffic(id, 'at its next step', ({ step }) => step === 1)
  expect(going.history.map(change => change.reason)).toContain('Resumed: the time of its pause is over')
  expect(going.paused).toBeNull()
})

test('by the command, with a reason and a time', async () => {
  const id = await aCanary('words')
  const rollout = async (...flags: readonly string[]) => {
    const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
    return (await execFileAsync(process.execPath, [MAIN, 'rollout', ...flags], { env })).stdout
  }
  expect(await rollout('pause', id, '--for', '2h', '--reason', 'lunch')).toMatch(
    /Paused by admin until \d{4}-\d\d-\d\d \d\d:\d\d UTC: lunch/,
  )
  expect(await rollout('resume', id)).toContain('Resumed by admin')
})
