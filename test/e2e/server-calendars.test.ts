import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { JobView, RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const execFileAsync = promisify(execFile)

const { world, host, gateway, release, see } = await startRollouts()
await world.admin('POST', '/projects', { name: 'refused' })

const YAML = 'model: model.onnx\ndeploy:\n  production: { strategy: canary, steps: [10%, 50%] }\n'
const DAY = 86_400_000
const dayFromNow = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)
/** From yesterday to the day after tomorrow: whatever hour the tests run at. */
const AROUND_NOW = `${dayFromNow(-1)} - ${dayFromNow(2)}`
const AHEAD = `${dayFromNow(20)} - ${dayFromNow(21)}`

async function setCalendar(project: string, calendar: object): Promise<void> {
  const path = `/projects/${project}/policies/production`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  await world.admin('PUT', path, { ...policy, calendar })
}
const freeze = (project: string) => setCalendar(project, { freeze: [AROUND_NOW], schedule: [] })
const open = (project: string) => setCalendar(project, { freeze: [], schedule: [] })

const seen = (id: string, what: string, is: (rollout: RolloutView) => boolean) =>
  host.serveUntil(`${id} ${what}`, async () => {
    const rollout = await see(id)
    return is(rollout) && rollout
  })
const inPhase = (id: string, phase: RolloutView['phase']) => seen(id, phase, is => is.phase === phase)
const deployJob = async (name: string, number: number): Promise<JobView> =>
  (await world.pipeline(name, number)).jobs.find(({ kind }) => kind === 'deploy')!
const post = async (path: string, body: unknown = {}, token?: string) =>
  world.call<RolloutView>('POST', `/api/v1${path}`, { token: token ?? (await world.secret()), body })

async function served(name: string, yaml = YAML): Promise<Repository> {
  const repository = await world.repository(name, modelFiles(yaml))
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  return repository
}

test('a frozen environment keeps a new version in its queue, and says until when', async () => {
  const repository = await served('frozen')
  await freeze('frozen')
  const { id } = await release('frozen', repository, 2)
  const kept = await seen(id, 'kept', ({ closure }) => closure !== null)
  expect(kept).toMatchObject({
    phase: 'queued',
    closure: {
      kind: 'frozen',
      window: expect.stringMatching(/ UTC$/),
      until: `${dayFromNow(2)}T00:00:00.000Z`,
    },
    reason: expect.stringMatching(/^Waits: frozen \(.*\) until \d{4}-\d\d-\d\d 00:00 UTC$/),
  })
  const job = await until('a waiting job', async () => {
    const found = await deployJob('frozen', 2)
    return found.state === 'waiting' && found
  })
  expect(job).toMatchObject({ awaitsApproval: false, reason: expect.stringContaining('calendar') })
  // An approval of the job is no word about the calendar.
  expect((await post(`/jobs/${job.id}/approve`)).status).toBe(409)

  await world.restart()
  expect(await see(id)).toMatchObject({ phase: 'queued', closure: { kind: 'frozen' } })

  await open('frozen')
  await inPhase(id, 'progressing')
  expect((await deployJob('frozen', 2)).state).toBe('running')
})

test('a maintainer lets one go on, which is kept over a restart; the next waits again', async () => {
  const repository = await served('urgent')
  await freeze('urgent')
  const { id } = await release('urgent', repository, 2)
  await seen(id, 'kept', ({ closure }) => closure !== null)
  const developer = await world.person('dev-urgent', 'developer', 'urgent', ['read', 'push', 'deploy'])
  expect((await post(`/rollouts/${id}/override`, {}, developer)).status).toBe(403)

  const reason = 'fixes the outage'
  expect((await post(`/rollouts/${id}/override`, { reason })).body).toMatchObject({
    closure: null,
    override: { by: 'admin', reason },
  })
  await world.restart()
  const going = await inPhase(id, 'progressing')
  expect(going.override).toMatchObject({ by: 'admin', reason })
  expect(going.history.map(change => change.reason)).toContain(`Freed from its calendars by admin: ${reason}`)
  expect((await post(`/rollouts/${id}/override`)).status).toBe(409)

  await post(`/rollouts/${id}/promote`)
  const next = await release('urgent', repository, 3)
  await seen(next.id, 'kept', ({ closure }) => closure !== null)
})

test('a canary that was begun before stays at its step, and ends where it is worse', async () => {
  const repository = await served('begun')
  const { id } = await release('begun', repository, 2)
  await inPhase(id, 'progressing')
  await freeze('begun')
  await gateway.serve(id, 0, 2000)
  await seen(id, 'kept', ({ closure, reason }) => closure !== null && /^Waits: /.test(reason ?? ''))
  expect(await see(id)).toMatchObject({ phase: 'progressing', step: 0 })
  const promoted = await post(`/rollouts/${id}/promote`)
  expect(promoted).toMatchObject({
    status: 409,
    body: { error: { hint: expect.stringContaining('override') } },
  })

  await gateway.serve(id, 0, 2000, { canary: 2000 }, 2000)
  expect((await see(id)).phase).toBe('aborted')
  expect(await gateway.weights('begun')).toStrictEqual({ 'stable v1': 1 })
})

test('a return by hand waits for no calendar', async () => {
  const repository = await served('back')
  const { id } = await release('back', repository, 2)
  await inPhase(id, 'progressing')
  await post(`/rollouts/${id}/promote`)
  await freeze('back')
  const back = await post('/models/back/rollback')
  expect(back).toMatchObject({
    status: 200,
    body: { phase: 'promoted', candidate: { number: 1 }, closure: null },
  })
})

test('a file closes further what the policy leaves open, and opens nothing', async () => {
  const yaml = YAML.replace('steps:', `schedule: ['${AHEAD}'], steps:`)
  const repository = await world.repository('narrow', modelFiles(yaml))
  const { id } = await release('narrow', repository, 1)
  expect(await seen(id, 'kept', ({ closure }) => closure !== null)).toMatchObject({
    closure: { kind: 'out of schedule', until: `${dayFromNow(20)}T00:00:00.000Z` },
  })
  await setCalendar('narrow', { freeze: [`${dayFromNow(-1)} - ${dayFromNow(30)}`], schedule: [] })
  expect(await seen(id, 'frozen', ({ closure }) => closure?.kind === 'frozen')).toMatchObject({
    // Beyond its only window: there is no time left for it.
    closure: { until: null },
  })
})

test('those that wait keep their order; a newer one replaces them where its file says so', async () => {
  const repository = await served('line')
  await freeze('line')
  const second = await release('line', repository, 2)
  const third = await release('line', repository, 3)
  await seen(second.id, 'kept', ({ closure }) => closure !== null)
  expect([(await see(second.id)).phase, (await see(third.id)).phase]).toStrictEqual(['queued', 'queued'])

  await repository.commit('Only the newest', {
    'ballast.yaml': YAML.replace('steps:', 'supersede: true, steps:'),
  })
  const fourth = await release('line', repository, 4)
  for (const [number, { id }] of [second, third].entries()) {
    const ended = await seen(id, 'superseded', ({ phase }) => phase === 'aborted')
    expect(ended.reason).toBe('Superseded: a newer version came while it waited')
    expect(await deployJob('line', number + 2)).toMatchObject({ state: 'canceled', reason: ended.reason })
  }
  expect(await see(fourth.id)).toMatchObject({ phase: 'queued', closure: { kind: 'frozen' } })
  await open('line')
  await inPhase(fourth.id, 'progressing')
})

test.each([
  { freeze: ['Fri 18:00 to Mon 08:00'], schedule: [] },
  { freeze: [], schedule: ['Fri 18:00 - Mon 08:00 Mars/Olympus'] },
  { freeze: Array.from({ length: 11 }, () => AHEAD), schedule: [] },
])('a calendar that is none is refused: %j', async calendar => {
  const path = '/api/v1/projects/refused/policies/production'
  const token = await world.secret()
  const { body } = await world.call<{ environment?: string }>('GET', path, { token })
  const { environment: _, ...policy } = body
  const answer = await world.call('PUT', path, { token, body: { ...policy, calendar } })
  expect(answer.status).toBe(400)
})

test('the command writes a policy of windows and approvals, part by part', async () => {
  await world.admin('POST', '/projects', { name: 'words' })
  const set = async (...flags: readonly string[]) => {
    const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
    const args = [MAIN, 'policy', 'set', 'words', 'production', ...flags]
    return (await execFileAsync(process.execPath, args, { env })).stdout
  }
  const windows = ['Fri 18:00 - Mon 08:00 Europe/Berlin', '2026-12-20 - 2027-01-04']
  expect(await set('--freeze', ...windows)).toContain(
    'freeze         Fri 18:00 - Mon 08:00 Europe/Berlin; 2026-12-20 00:00 - 2027-01-04 00:00 UTC\nschedule       always\n',
  )
  const both = await set(
    '--schedule',
    'Mon-Fri 9:00 - 17:00',
    '--approvers',
    'maintainer',
    '--approval-by',
    'others',
  )
  expect(both).toContain('freeze         Fri 18:00')
  expect(both).toContain('schedule       Mon,Tue,Wed,Thu,Fri 09:00 - 17:00 UTC\n')
  expect(both).toContain('approvers      maintainer; not who pushed\n')
  const expiring = await set('--approval-expires', '3d', '--freeze', 'none')
  expect(expiring).toContain('approvers      maintainer; not who pushed; within 72 h')
  expect(expiring).toContain('freeze         none\n')
  expect(await set('--approval-expires', 'never', '--approval-by', 'anyone')).toContain(
    'approvers      maintainer\n',
  )
  await expect(set('--freeze', 'weekends')).rejects.toMatchObject({
    stderr: expect.stringContaining("found 'weekends'"),
  })
})
