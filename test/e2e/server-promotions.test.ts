import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { JobView, RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const execFileAsync = promisify(execFile)

const { world, runner, host, gateway } = await startRollouts()

const STAGED = `model: model.onnx
deploy:
  staging: { strategy: immediate }
  production: { from: staging, strategy: canary, steps: [10%] }
`
const APPROVED = STAGED.replace('from: staging,', 'from: staging, approve: maintainers,')

async function push(name: string, repository: Repository, number: number): Promise<void> {
  if (number > 1) await repository.commit(`Version ${number}`, { 'note.txt': `${number}` })
  await repository.pushAndLeave()
  await runner.endAll(name, number)
}

const rolloutsIn = async (name: string, environment: string): Promise<readonly RolloutView[]> =>
  (await world.rollouts(name)).filter(rollout => rollout.environment === environment)
const rolloutOf = (name: string, environment: string, number: number, phase: RolloutView['phase']) =>
  host.serveUntil(`v${number} of ${name} in ${environment} ${phase}`, async () =>
    (await rolloutsIn(name, environment)).find(
      rollout => rollout.candidate.number === number && rollout.phase === phase,
    ),
  )
const jobOf = async (name: string, number: number, job: string): Promise<JobView> =>
  (await world.pipeline(name, number)).jobs.find(other => other.name === job)!
const jobIn = (name: string, number: number, job: string, state: JobView['state']) =>
  host.serveUntil(`${job} of ${name} ${state}`, async () => {
    const found = await jobOf(name, number, job)
    return found.state === state && found
  })
const post = async <Body = RolloutView>(path: string, body: unknown = {}, token?: string) =>
  world.call<Body>('POST', `/api/v1${path}`, { token: token ?? (await world.secret()), body })
const rollback = (name: string, environment: string) => post(`/models/${name}/rollback`, { environment })
const promote = (name: string) =>
  post<{ job: { state: string }; rollout: RolloutView | null; error?: { message: string } }>(
    `/models/${name}/promote`,
    { from: 'staging', to: 'production' },
  )

/** A first version in staging and production. */
async function served(name: string, yaml = STAGED): Promise<Repository> {
  const repository = await world.repository(name, modelFiles(yaml))
  await push(name, repository, 1)
  await rolloutOf(name, 'staging', 1, 'promoted')
  if (yaml === APPROVED) {
    await jobIn(name, 1, 'deploy:production', 'waiting')
    await promote(name)
  }
  await rolloutOf(name, 'production', 1, 'promoted')
  return repository
}

test('what was promoted in staging goes on to production by itself, the same version, not before', async () => {
  const repository = await served('line')
  await push('line', repository, 2)
  await until('a rollout', async () => (await rolloutsIn('line', 'staging')).length === 2)
  expect((await jobOf('line', 2, 'deploy:production')).state).toBe('blocked')
  expect(await rolloutsIn('line', 'production')).toHaveLength(1)

  const staged = await rolloutOf('line', 'staging', 2, 'promoted')
  const going = await rolloutOf('line', 'production', 2, 'progressing')
  expect(going.candidate.id).toBe(staged.candidate.id)
  expect(going).toMatchObject({ from: ['staging'], weight: 0.1 })
  let requests = 0
  await host.serveUntil('v2 promoted in production', async () => {
    requests += 200
    await gateway.count(going.id, 0, requests)
    return (await world.admin<RolloutView>('GET', `/rollouts/${going.id}`)).phase === 'promoted'
  })
  expect((await world.pipeline('line', 2)).state).toBe('succeeded')
})

test('what does not hold in staging never comes to production', async () => {
  const repository = await served('broken')
  await push('broken', repository, 2)
  const [{ candidate } = { candidate: { id: '' } }] = await rolloutsIn('broken', 'staging')
  host.fail(candidate.id, 'the model aborted at load')
  await rolloutOf('broken', 'staging', 2, 'aborted')
  expect(await jobIn('broken', 2, 'deploy:production', 'skipped')).toMatchObject({
    reason: "'deploy:staging' failed",
  })
  expect(await rolloutsIn('broken', 'production')).toHaveLength(1)
})

test('production refuses what staging has rolled back, approved or not; a retry after its return is taken', async () => {
  const repository = await served('back', APPROVED)
  await push('back', repository, 2)
  await rolloutOf('back', 'staging', 2, 'promoted')
  const job = await jobIn('back', 2, 'deploy:production', 'waiting')
  expect((await rollback('back', 'staging')).status).toBe(200)
  expect((await post(`/jobs/${job.id}/approve`)).status).toBe(200)
  const refused = await jobIn('back', 2, 'deploy:production', 'failed')
  expect(refused.reason).toMatch(
    /^production takes only what was promoted in staging, and v2 was rolled back there to v1 by admin on \d{4}-/,
  )
  expect(await rolloutsIn('back', 'production')).toHaveLength(1)

  await post('/models/back/rollback', { environment: 'staging', version: 2 })
  expect((await promote('back')).body.rollout).toMatchObject({ candidate: { number: 2 } })
  await rolloutOf('back', 'production', 2, 'progressing')
})

test('one that waits in the queue of production is refused when staging rolls it back', async () => {
  const repository = await served('queued')
  await push('queued', repository, 2)
  const second = await rolloutOf('queued', 'production', 2, 'progressing')
  await push('queued', repository, 3)
  const third = await rolloutOf('queued', 'production', 3, 'queued')
  // Newer ones come and go in staging: what was promoted there stays so, until somebody goes back behind it.
  expect((await post('/models/queued/rollback', { environment: 'staging', version: 1 })).status).toBe(200)
  await world.restart()
  await host.ready()
  await post(`/rollouts/${second.id}/abort`)
  const ended = await rolloutOf('queued', 'production', 3, 'aborted')
  expect(ended.id).toBe(third.id)
  expect(ended.reason).toContain('v3 was rolled back there to v1 by admin')
  expect(await jobIn('queued', 3, 'deploy:production', 'failed')).toMatchObject({ reason: ended.reason })
  expect(await gateway.weights('queued')).toStrictEqual({ 'stable v1': 1 })
})

test('by hand: the word is the approval; what serves already, or never did, is refused', async () => {
  const repository = await served('hand', APPROVED)
  expect((await promote('hand')).body.error?.message).toBe('v1 of hand serves in production already')
  await push('hand', repository, 2)
  await rolloutOf('hand', 'staging', 2, 'promoted')
  await jobIn('hand', 2, 'deploy:production', 'waiting')
  const developer = await world.person('dev-hand', 'developer', 'hand', ['read', 'push', 'deploy'])
  const body = { from: 'staging', to: 'production' }
  expect((await post('/models/hand/promote', body, developer)).status).toBe(403)

  const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
  const { stdout } = await execFileAsync(process.execPath, [MAIN, 'promote', 'hand'], { env })
  expect(stdout).toMatch(/^hand v2: deploy:production of pipeline 2 is running/)
  const going = await rolloutOf('hand', 'production', 2, 'progressing')
  expect(going.approvedBy).toBe('admin')
  expect((await promote('hand')).body.error?.message).toContain('is on its way to production')
  const nowhere = { from: 'elsewhere', to: 'production' }
  expect((await post('/models/hand/promote', nowhere)).status).toBe(409)
  const unknown = { from: 'staging', to: 'moon' }
  expect((await post('/models/hand/promote', unknown)).status).toBe(409)
})

async function setPolicy(project: string, environment: string, change: object): Promise<number> {
  const path = `/projects/${project}/policies/${environment}`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  const token = await world.secret()
  return (await world.call('PUT', `/api/v1${path}`, { token, body: { ...policy, ...change } })).status
}

test('a policy asks for staging whatever the file says, from the next version on', async () => {
  const own = STAGED.replace('from: staging, ', '')
  const repository = await world.repository('strict', modelFiles(own))
  await push('strict', repository, 1)
  await rolloutOf('strict', 'staging', 1, 'promoted')
  await rolloutOf('strict', 'production', 1, 'promoted')
  expect(await setPolicy('strict', 'production', { from: 'staging' })).toBe(204)
  expect(await setPolicy('strict', 'staging', { from: 'staging' })).toBe(409)

  await repository.commit('No staging', {
    'ballast.yaml': 'model: model.onnx\ndeploy:\n  production: { strategy: immediate }\n',
  })
  await repository.pushAndLeave()
  await runner.endAll('strict', 2)
  expect(await jobIn('strict', 2, 'deploy:production', 'failed')).toMatchObject({
    reason: 'production takes only what was promoted in staging, and v2 was not',
  })

  await repository.commit('Through staging', { 'ballast.yaml': own })
  await repository.pushAndLeave()
  await runner.endAll('strict', 3)
  await rolloutOf('strict', 'staging', 3, 'promoted')
  expect(await rolloutOf('strict', 'production', 3, 'progressing')).toMatchObject({ from: ['staging'] })
})

test('no script goes where only what was promoted elsewhere may; the command sets and lifts the rule', async () => {
  await world.admin('POST', '/projects', { name: 'script' })
  const policy = async (...flags: readonly string[]) => {
    const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
    const args = [MAIN, 'policy', 'set', 'script', 'production', ...flags]
    return (await execFileAsync(process.execPath, args, { env })).stdout
  }
  expect(await policy('--from', 'staging')).toContain('from           staging, once promoted there\n')
  const repository = await world.repository('script', {
    '.gitlab-ci.yml': 'ship: { script: [./ship], environment: production }\n',
  })
  await repository.pushAndLeave()
  expect(await jobOf('script', 1, 'ship')).toMatchObject({
    state: 'skipped',
    reason: 'production takes only what was promoted in staging, which no script can show',
  })
  expect(await policy('--from', 'none')).toContain('from           anywhere\n')
})
