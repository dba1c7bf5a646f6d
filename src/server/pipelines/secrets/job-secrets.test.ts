import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { groupScope, type Project, type SealedSecret, type SecretScope } from '../../../access/index.ts'
import { commands, type PlannedJob } from '../../../pipeline/index.ts'
import { sealSecret } from '../../access/secret-values.ts'
import { Dispatcher } from '../dispatch.ts'
import { PipelineReconciler } from '../reconcile.ts'
import { jobSecrets } from './job-secrets.ts'

let world: TestPlane
let project: Project

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  project = (await access.projectByName('digits'))!
  await keep('API_KEY', 'correct horse')
})
afterEach(() => world.close())

async function keep(
  name: string,
  value: string,
  change: Partial<SealedSecret> & { readonly scope?: SecretScope } = {},
): Promise<void> {
  const { stores, vault, clock } = world.plane
  const { scope = project.id, ...rest } = change
  const { environment = '*' } = rest
  await stores.access.setSecret(scope, {
    name,
    environment,
    kind: 'variable',
    protected: true,
    masked: true,
    literal: true,
    sealed: await sealSecret(vault, scope, { name, environment }, value),
    createdAt: clock.now(),
    ...rest,
  })
}

const lease = () => {
  const dispatcher = new Dispatcher(world.plane, new PipelineReconciler(world.plane))
  return dispatcher.lease({ runner: 'r', capacity: 1, sandbox: 'none' }, AbortSignal.timeout(300))
}

test('what was pushed before its ref was protected gets no protected secret', async () => {
  const { access } = world.plane.stores
  await access.protectRefs(project.id, ['refs/heads/release/*'])
  project = (await access.projectByName('digits'))!
  const ref = 'refs/heads/release/1'
  for (const [protectedRef, gets] of [
    [false, []],
    [true, ['API_KEY']],
  ] as const) {
    const { pipeline, jobs } = await world.add({ ref, trigger: aTrigger({ ref, protectedRef }) }, {})
    const found = await jobSecrets(world.plane, pipeline, jobs[0]!, project)
    expect(found.map(({ name }) => name)).toEqual(gets)
  }
})

describe('a job gets the secrets', () => {
  const script: PlannedJob['work'] = commands(['true'])
  test.each([
    { on: 'refs/heads/main', work: script, gets: ['API_KEY'] },
    { on: 'refs/heads/feature', work: script, gets: [] },
    { on: 'refs/heads/main/feature', work: script, gets: [] },
    { on: 'refs/tags/main', work: script, gets: [] },
    { on: 'main', work: script, gets: [] },
    { on: 'refs/heads/main', work: { kind: 'stage', stage: 'evaluate' } as const, gets: [] },
  ])('$work.kind on $on: $gets', async ({ on, work, gets }) => {
    const { pipeline, jobs } = await world.pipeline({ work })
    const found = await jobSecrets(world.plane, { ...pipeline, ref: on }, jobs[0]!, project)
    expect(found.map(({ name }) => name)).toEqual(gets)
  })
})

test('an offer has them as variables and as what to hide; the pushed file does not win', async () => {
  await keep('DEPLOY_KEY', 'battery staple')
  await world.pipeline({ env: { API_KEY: 'from the file', SEED: '7' } })
  const [offer] = await lease()
  expect(offer!.env).toMatchObject({ API_KEY: 'correct horse', DEPLOY_KEY: 'battery staple', SEED: '7' })
  expect(offer!.secrets).toEqual(['correct horse', 'battery staple'])
})

test('a secret that stays sealed ends the job as errored, with the reason', async () => {
  await keep('DAMAGED', '', { sealed: 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
  const { jobs } = await world.pipeline({})
  expect(await lease()).toEqual([])
  const job = await world.plane.stores.pipelines.job(jobs[0]!.id)
  expect(job).toMatchObject({ state: 'errored' })
  expect(job!.reason).toMatch(/Secret DAMAGED can't be opened/)
})

describe('a protected ref beside the default branch', () => {
  test.each([
    ['refs/heads/release/1', ['API_KEY']],
    ['refs/tags/v1', ['API_KEY']],
    ['refs/heads/v1', []],
    ['refs/tags/release/1', []],
    ['refs/merge-requests/1/head', []],
  ])('%s: %j', async (ref, gets) => {
    const { pipeline, jobs } = await world.pipeline({})
    const protects = { ...project, protectedRefs: ['refs/heads/release/*', 'refs/tags/v*'] }
    const found = await jobSecrets(world.plane, { ...pipeline, ref }, jobs[0]!, protects)
    expect(found.map(({ name }) => name)).toEqual(gets)
  })
})

test('an offer has files as files, and hides what is masked alone', async () => {
  await keep('CERT', '-----BEGIN', { kind: 'file' })
  await keep('REGION', 'eu', { masked: false })
  await world.pipeline({})
  const [offer] = await lease()
  expect(offer!.files).toEqual({ CERT: '-----BEGIN' })
  expect(offer!.env).toMatchObject({ REGION: 'eu' })
  expect(offer!.env).not.toHaveProperty('CERT')
  expect(offer!.secrets).toEqual(['correct horse', '-----BEGIN'])
})

test("a group's secrets reach its projects alone, and a project's stand over them", async () => {
  await keep('API_KEY', 'of the group', { scope: groupScope('team') })
  await keep('SHARED', 'shared by all', { scope: groupScope('team') })
  const { pipeline, jobs } = await world.pipeline({})
  const values = async (name: string) =>
    (await jobSecrets(world.plane, pipeline, jobs[0]!, { ...project, name })).map(({ value }) => value)
  expect(await values('team/digits')).toEqual(['correct horse', 'shared by all'])
  expect(await values('digits')).toEqual(['correct horse'])
  expect(await values('other/team')).toEqual(['correct horse'])
})
