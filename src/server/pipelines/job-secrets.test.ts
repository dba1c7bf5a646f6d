import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import type { Project } from '../../access/index.ts'
import { commands, type PlannedJob } from '../../pipeline/index.ts'
import { Dispatcher } from './dispatch.ts'
import { jobSecrets } from './job-secrets.ts'
import { PipelineReconciler } from './reconcile.ts'

let world: TestPlane
let project: Project

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  project = (await access.projectByName('digits'))!
  await keep('API_KEY', 'correct horse')
})
afterEach(() => world.close())

async function keep(name: string, value: string, sealed?: string): Promise<void> {
  const { stores, vault, clock } = world.plane
  await stores.access.setSecret(
    project.id,
    name,
    sealed ?? (await vault.seal(project.id, name, value)),
    clock.now(),
  )
}

const lease = () => {
  const dispatcher = new Dispatcher(world.plane, new PipelineReconciler(world.plane))
  return dispatcher.lease({ runner: 'r', capacity: 1, sandbox: 'none' }, AbortSignal.timeout(300))
}

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
    expect(Object.keys(found)).toEqual(gets)
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
  await keep('DAMAGED', '', 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAA')
  const { jobs } = await world.pipeline({})
  expect(await lease()).toEqual([])
  const job = await world.plane.stores.pipelines.job(jobs[0]!.id)
  expect(job).toMatchObject({ state: 'errored' })
  expect(job!.reason).toMatch(/Secret DAMAGED can't be opened/)
})
