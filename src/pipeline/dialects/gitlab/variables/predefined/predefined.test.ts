import { describe, expect, test } from 'vitest'
import type { PlannedJob } from '../../../../types.ts'
import type { JobFacts, ProjectFacts, TriggerFacts } from '../../../types.ts'
import { aMergeRequest, aTrigger, DIGITS } from '../../rules/test-occasion.ts'
import { jobPlanVariables } from './job.ts'
import { pipelineVariables } from './pipeline.ts'
import { jobVariables } from './runtime.ts'
import { environmentSlugOf, slugOf } from './slug.ts'

const variablesOf = (trigger: Partial<TriggerFacts> = {}, project: Partial<ProjectFacts> = {}) =>
  Object.fromEntries(
    pipelineVariables({
      trigger: aTrigger(trigger),
      project: { ...DIGITS, ...project },
      file: '.gitlab-ci.yml',
    }),
  )

describe('before a pipeline is made', () => {
  test('a push to a branch', () => {
    const variables = variablesOf({
      commitMessage: 'Add X\n\nBecause of Y\n',
      before: 'b'.repeat(40),
      ref: 'refs/heads/Feature/Add_X',
    })
    expect(variables).toMatchObject({
      CI: 'true',
      GITLAB_CI: 'true',
      CI_PIPELINE_SOURCE: 'push',
      CI_COMMIT_SHA: 'a'.repeat(40),
      CI_COMMIT_SHORT_SHA: 'aaaaaaaa',
      CI_COMMIT_BEFORE_SHA: 'b'.repeat(40),
      CI_COMMIT_BRANCH: 'Feature/Add_X',
      CI_COMMIT_REF_NAME: 'Feature/Add_X',
      CI_COMMIT_REF_SLUG: 'feature-add-x',
      CI_COMMIT_REF_PROTECTED: 'false',
      CI_COMMIT_TITLE: 'Add X',
      CI_COMMIT_DESCRIPTION: '\nBecause of Y',
      CI_COMMIT_MESSAGE: 'Add X\n\nBecause of Y\n',
      CI_DEFAULT_BRANCH: 'main',
      CI_PROJECT_PATH: 'team/digits',
      CI_PROJECT_PATH_SLUG: 'team-digits',
      CI_PROJECT_NAME: 'digits',
      CI_PROJECT_NAMESPACE: 'team',
      CI_PROJECT_ROOT_NAMESPACE: 'team',
      CI_PROJECT_URL: 'http://127.0.0.1:4400/team/digits',
      CI_SERVER_HOST: '127.0.0.1',
      CI_SERVER_PORT: '4400',
      CI_SERVER_PROTOCOL: 'http',
      CI_SERVER_FQDN: '127.0.0.1:4400',
    })
    expect(variables).not.toHaveProperty('CI_COMMIT_TAG')
    expect(variables).not.toHaveProperty('CI_MERGE_REQUEST_IID')
  })

  test('a tag', () => {
    const variables = variablesOf({ event: 'tag', ref: 'refs/tags/v1.0', tagMessage: 'First' })
    expect(variables).toMatchObject({
      CI_PIPELINE_SOURCE: 'push',
      CI_COMMIT_TAG: 'v1.0',
      CI_COMMIT_TAG_MESSAGE: 'First',
      CI_COMMIT_REF_NAME: 'v1.0',
      CI_COMMIT_REF_SLUG: 'v1-0',
    })
    expect(variables).not.toHaveProperty('CI_COMMIT_BRANCH')
  })

  test('a merge request', () => {
    const variables = variablesOf(aMergeRequest({ description: 'd'.repeat(3000), labels: ['a', 'b c'] }))
    expect(variables).toMatchObject({
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_COMMIT_REF_NAME: 'feature',
      CI_COMMIT_BEFORE_SHA: '0'.repeat(40),
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_EVENT_TYPE: 'detached',
      CI_MERGE_REQUEST_DESCRIPTION: 'd'.repeat(2700),
      CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED: 'true',
      CI_MERGE_REQUEST_LABELS: 'a,b c',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'feature',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_MERGE_REQUEST_PROJECT_PATH: 'team/digits',
      CI_MERGE_REQUEST_REF_PATH: 'refs/merge-requests/7/head',
      CI_OPEN_MERGE_REQUESTS: 'team/digits!7',
    })
    expect(variables).not.toHaveProperty('CI_COMMIT_BRANCH')
  })

  test.each([
    ['push', 'push'],
    ['tag', 'push'],
    ['merge_request', 'merge_request_event'],
    ['schedule', 'schedule'],
    ['manual', 'web'],
    ['api', 'api'],
    ['upstream', 'pipeline'],
    ['child', 'parent_pipeline'],
  ] as const)('%s has the source %s', (event, source) => {
    expect(variablesOf({ event })['CI_PIPELINE_SOURCE']).toBe(source)
  })

  test.each([
    ['a new branch', { before: '0'.repeat(40) }],
    ['a schedule', { event: 'schedule', before: 'b'.repeat(40) }],
    ['a pipeline started by hand', { event: 'manual', before: 'b'.repeat(40) }],
  ] as const)('%s has nothing before it', (_, trigger) => {
    expect(variablesOf(trigger)['CI_COMMIT_BEFORE_SHA']).toBe('0'.repeat(40))
  })

  test('a title beyond 100 characters is described by the whole message', () => {
    const message = `${'t'.repeat(101)}\n\nmore`
    expect(variablesOf({ commitMessage: message })['CI_COMMIT_DESCRIPTION']).toBe(message)
  })

  test('groups in groups, and none', () => {
    expect(variablesOf({}, { name: 'Org/Team/Digits.Model' })).toMatchObject({
      CI_PROJECT_NAME: 'Digits.Model',
      CI_PROJECT_NAMESPACE: 'Org/Team',
      CI_PROJECT_ROOT_NAMESPACE: 'Org',
      CI_PROJECT_PATH_SLUG: 'org-team-digits-model',
    })
    expect(variablesOf({}, { name: 'digits' })['CI_PROJECT_NAMESPACE']).toBe('digits')
  })
})

test.each([
  ['v1.0', 'v1-0'],
  ['Feature/ÄB', 'feature--b'],
  ['-x-', 'x'],
  ['---', ''],
  ['a'.repeat(80), 'a'.repeat(63)],
  [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
])('%s has the slug %s', (text, slug) => {
  expect(slugOf(text)).toBe(slug)
})

test.each([
  ['production', /^production$/],
  ['staging-1', /^staging-1$/],
  ['Production', /^production-[a-z0-9]{6}$/],
  ['review/add-x', /^review-add-x-[a-z0-9]{6}$/],
  ['1a', /^env-1a-[a-z0-9]{6}$/],
  ['review/a-very-long-name-of-a-branch', /^review-a-very-lon-[a-z0-9]{6}$/],
  ['a//b', /^a-b-[a-z0-9]{6}$/],
])('environment %s has a slug like %s', (name, slug) => {
  expect(environmentSlugOf(name)).toMatch(slug)
  expect(environmentSlugOf(name).length).toBeLessThanOrEqual(24)
})

test('two environments that look alike have two slugs', () => {
  expect(environmentSlugOf('review/a_b')).not.toBe(environmentSlugOf('review/a-b'))
})

describe('a planned job', () => {
  test('of several', () => {
    const variables = jobPlanVariables({ name: 'Test 1/3', stage: 'test', node: { index: 1, total: 3 } })
    expect(Object.fromEntries(variables)).toEqual({
      CI_JOB_NAME: 'Test 1/3',
      CI_JOB_NAME_SLUG: 'test-1-3',
      CI_JOB_GROUP_NAME: 'Test',
      CI_JOB_STAGE: 'test',
      CI_NODE_INDEX: '1',
      CI_NODE_TOTAL: '3',
    })
  })

  // https://docs.gitlab.com/ci/jobs/#group-similar-jobs-together-in-pipeline-views
  test.each([
    ['rspec:test: [ruby, ubuntu]', 'rspec:test'],
    ['build ruby 1/3', 'build ruby'],
    ['build ruby 2:3', 'build ruby'],
    ['build', 'build'],
    ['release 2', 'release 2'],
    ['deploy: [a] [b]', 'deploy'],
  ])('%s is one of the group %s', (name, group) => {
    expect(jobPlanVariables({ name }).get('CI_JOB_GROUP_NAME')).toBe(group)
  })

  test.each([
    ['production', 'production'],
    ['Live', 'production'],
    ['staging', 'staging'],
    ['demo', 'staging'],
    ['qc', 'testing'],
    ['review/x', 'development'],
    ['customer', 'other'],
  ])('the environment %s is of the tier %s', (name, tier) => {
    const variables = jobPlanVariables({ name: 'deploy', environment: { name, action: 'start' } })
    expect(variables.get('CI_ENVIRONMENT_TIER')).toBe(tier)
    expect(variables.get('CI_NODE_TOTAL')).toBe('1')
  })
})

test('a job that starts finds its workspace, ids and token', () => {
  const facts: JobFacts = {
    id: 'job_1',
    pipelineId: 'pip_1',
    pipelineNumber: 12,
    position: 3,
    startedAt: '2026-01-01T00:01:00Z',
    pipelineCreatedAt: '2026-01-01T00:00:00Z',
    workspace: '/builds/team/digits',
    runner: 'r1',
    runnerLabels: ['gpu', 'linux'],
    token: 'secret/1',
  }
  const job: PlannedJob = {
    name: 'deploy',
    stage: 'deploy',
    work: { kind: 'script', shell: 'bash', phases: [] },
    needs: [],
    env: {},
    artifacts: [],
    timeout: 90_500 as PlannedJob['timeout'],
    retries: 0,
    allowFailure: false,
    start: { kind: 'manual' },
    environment: { name: 'production', action: 'start', url: 'https://x.test' },
  }
  expect(jobVariables(aTrigger(), DIGITS, job, facts)).toMatchObject({
    CI: 'true',
    CI_COMMIT_BRANCH: 'main',
    CI_JOB_NAME: 'deploy',
    CI_JOB_MANUAL: 'true',
    CI_JOB_TIMEOUT: '91',
    CI_PIPELINE_IID: '12',
    CI_PROJECT_DIR: '/builds/team/digits',
    CI_BUILDS_DIR: '/builds/team',
    CI_RUNNER_TAGS: 'gpu,linux',
    CI_JOB_TOKEN: 'secret/1',
    CI_REPOSITORY_URL: 'http://gitlab-ci-token:secret%2F1@127.0.0.1:4400/team/digits.git',
    CI_ENVIRONMENT_NAME: 'production',
    CI_ENVIRONMENT_URL: 'https://x.test',
  })
})
