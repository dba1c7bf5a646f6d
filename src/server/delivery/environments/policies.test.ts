import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, aJob as aPlannedJob, type TestPlane } from '../../../../test/server/plane.ts'
import type { EnvironmentPolicy, Project } from '../../../access/index.ts'
import type { JobEnvironment, PlannedJob } from '../../../pipeline/index.ts'
import { withEnvironmentPolicies } from './policies.ts'

let world: TestPlane
let project: Project
beforeEach(async () => {
  world = await aPlane()
  project = (await world.plane.stores.access.projectByName('digits'))!
})
afterEach(() => world.close())

function aJob(environment: Partial<JobEnvironment> | undefined, more: Partial<PlannedJob> = {}): PlannedJob {
  return aPlannedJob('ship', [], {
    ...(environment && { environment: { name: 'production', action: 'start', ...environment } }),
    ...more,
  })
}

const setPolicy = (policy: Partial<EnvironmentPolicy>) =>
  world.plane.stores.access.setPolicy(project.id, {
    environment: 'production',
    branches: ['*'],
    gates: [],
    maxFirstStep: 1,
    predictions: 'token',
    ...policy,
  })

async function boundOn(ref: string, job: PlannedJob): Promise<Pick<PlannedJob, 'skip' | 'approval'>> {
  const { jobs } = await withEnvironmentPolicies(world.plane, { project, ref }, { jobs: [job] })
  const { skip, approval } = jobs[0]!
  return { ...(skip !== undefined && { skip }), ...(approval !== undefined && { approval }) }
}

test.each(['start', 'prepare', 'stop', 'verify', 'access'] as const)(
  'production is for the default branch until somebody says otherwise, whatever the action: %s',
  async action => {
    const job = aJob({ action })
    expect(await boundOn('refs/heads/main', job)).toEqual({})
    expect(await boundOn('refs/heads/topic', job)).toEqual({
      skip: 'The policy of production does not let branch topic deploy (allowed: main)',
    })
  },
)

test.each([
  ['a tag that is named like the branch', 'refs/tags/main'],
  ['a merge request', 'refs/merge-requests/1/head'],
])('%s is not that branch', async (_, ref) => {
  expect(await boundOn(ref, aJob({}))).toMatchObject({ skip: expect.stringContaining(ref) })
})

test('tags get there by their whole name', async () => {
  await setPolicy({ branches: ['main', 'refs/tags/v*'] })
  expect(await boundOn('refs/tags/v1', aJob({}))).toEqual({})
  expect(await boundOn('refs/tags/w1', aJob({}))).toHaveProperty('skip')
  expect(await boundOn('refs/heads/v1', aJob({}))).toHaveProperty('skip')
})

test('an approval that the policy wants is waited for', async () => {
  await setPolicy({ approvers: 'admin' })
  expect(await boundOn('refs/heads/topic', aJob({}))).toEqual({ approval: 'production' })
  expect(await boundOn('refs/heads/topic', aJob({ name: 'review/topic' }))).toEqual({})
  expect(await boundOn('refs/heads/topic', aJob(undefined))).toEqual({})
})

test('what a rule skips says the rule', async () => {
  expect(await boundOn('refs/heads/topic', aJob({}, { skip: 'not today' }))).toEqual({ skip: 'not today' })
})
