import { expect, test } from 'vitest'
import { aJob as aPlannedJob } from '../../../../test/server/plane.ts'
import { instant, type JobId, type PipelineId } from '../../../core/index.ts'
import type { Job, PlannedJob } from '../../../pipeline/index.ts'
import { withLateFacts } from './late-facts.ts'

const PIPELINE = { id: 'pip_1', number: 7, createdAt: instant(0), serverUrl: 'http://ballast' }

function aJob(plan: Partial<PlannedJob>): Job {
  return {
    id: 'job_1' as JobId,
    pipeline: 'pip_1' as PipelineId,
    position: 3,
    state: 'blocked',
    plan: aPlannedJob('j', [], plan),
  }
}

test.each([
  ['CI_PIPELINE_ID', 'pip_1'],
  ['CI_PIPELINE_IID', '7'],
  ['CI_PIPELINE_URL', 'http://ballast/pipelines/pip_1'],
  ['CI_PIPELINE_CREATED_AT', '1970-01-01T00:00:00.000Z'],
  ['CI_JOB_ID', 'job_1'],
  ['CI_JOB_URL', 'http://ballast/pipelines/pip_1#job-3'],
])('a group with %s', (name, value) => {
  const resourceGroup = { name: `of \${${name}}` }
  const { plan } = withLateFacts(aJob({ dialect: 'gitlab', resourceGroup }), PIPELINE)
  expect(plan.resourceGroup?.name).toBe(`of ${value}`)
  expect(withLateFacts(aJob({ resourceGroup }), PIPELINE).plan.resourceGroup).toEqual(resourceGroup)
})
