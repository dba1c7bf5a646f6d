import { expect, test } from 'vitest'
import { isLate, withLateText, withLateValues } from './late.ts'
import { aJob } from './test-plans.ts'
import type { PlannedJob, TriggerWork } from './types.ts'

/** `@{NAME}` stands for a reference in what follows. */
function written<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('@', '$')) as T
}

const VALUES: Readonly<Record<string, string>> = {
  CI_PIPELINE_ID: 'pip_1',
  CI_PIPELINE_IID: '7',
  CI_JOB_ID: 'job_1',
}
const known = (name: string) => VALUES[name]

const jobWith = (plan: Partial<PlannedJob>): PlannedJob =>
  withLateValues(written(aJob('j', [], { env: { A: '@{CI_JOB_ID}' }, ...plan })), known)

test.each([
  ['https://@{CI_PIPELINE_IID}.example.com/@{CI_JOB_ID}', 'https://7.example.com/job_1'],
  ['@{CI_JOB_URL}', ''],
  ['@CI_JOB_ID @{OTHER} @{CI_JOB_ID', '@CI_JOB_ID @{OTHER} @{CI_JOB_ID'],
])('%s is %s', (text, expected) => {
  expect(withLateText(written(text), known)).toBe(written(expected))
})

test.each([
  ['a', false],
  ['@{CI_JOB_ID}', true],
  ['@{CI_JOB_NAME}', false],
  ['x@{CI_PIPELINE_IID}', true],
])('whether %s is late: %s', (text, late) => {
  expect(isLate(written(text))).toBe(late)
})

test('what a job is started with and where it leads to, not what it finds defined', () => {
  const late = jobWith({
    environment: { name: 'review', action: 'start', url: 'https://r@{CI_PIPELINE_IID}.example.com' },
    resourceGroup: { name: 'g@{CI_PIPELINE_IID}' },
    labels: ['l@{CI_JOB_ID}'],
    start: { kind: 'manual', confirmation: 'Start @{CI_PIPELINE_ID}?' },
  })
  expect(late).toMatchObject({
    env: written({ A: '@{CI_JOB_ID}' }),
    environment: { name: 'review', url: 'https://r7.example.com' },
    resourceGroup: { name: 'g7' },
    labels: ['ljob_1'],
    start: { confirmation: 'Start pip_1?' },
  })
})

const N = '@{CI_PIPELINE_IID}'
test.each<[TriggerWork['target'], object]>([
  [
    { kind: 'project', project: `team/p${N}`, branch: `b${N}` },
    { project: 'team/p7', branch: 'b7' },
  ],
  [
    { kind: 'child', sources: [{ kind: 'project', project: 'p', file: `${N}.yml`, ref: N }] },
    { sources: [{ project: 'p', file: '7.yml', ref: '7' }] },
  ],
  [
    { kind: 'child', sources: [{ kind: 'artifact', job: 'j', file: `${N}.yml` }] },
    { sources: [{ file: '7.yml' }] },
  ],
])('the target %j', (target, expected) => {
  const { work } = jobWith({
    work: {
      kind: 'trigger',
      target,
      strategy: 'none',
      forward: { yamlVariables: true, pipelineVariables: false },
      inputs: {},
    },
  })
  expect(work).toMatchObject({ target: expected })
})
