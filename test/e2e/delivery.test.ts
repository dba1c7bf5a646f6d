import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EnvironmentView, PipelineView, ReleaseView } from '../../src/api/index.ts'
import { type Ran, type Repository, run, startWorld, until, type World } from '../server/world.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENTRY = join(ROOT, 'src/cli/main.ts')
const PROJECT = 'team/digits'
const FOR_A_JOB = 60_000

const CI = `
stages: [sign, deploy, release]

sign-in:
  stage: sign
  id_tokens:
    CLOUD_TOKEN: { aud: https://cloud.example.org }
  script:
    - echo "token:$CLOUD_TOKEN:"
    - printf %s "$CLOUD_TOKEN" > token.txt
  artifacts: { paths: [token.txt] }

deploy-review:
  stage: deploy
  script: echo "HOST=app-$CI_COMMIT_REF_SLUG.example.org" > deploy.env
  artifacts: { reports: { dotenv: deploy.env } }
  environment:
    name: review/$CI_COMMIT_REF_SLUG
    url: https://$HOST
    on_stop: stop-review
    auto_stop_in: 1 week
  rules: [{ if: $CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH }]

stop-review:
  stage: deploy
  variables: { GIT_STRATEGY: none }
  script: echo "takes down $CI_ENVIRONMENT_SLUG"
  environment: { name: review/$CI_COMMIT_REF_SLUG, action: stop }
  rules:
    - if: $CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH
      when: manual
      allow_failure: true

deploy-production:
  stage: deploy
  script: echo deploys
  environment: { name: production, url: https://digits.example.org }
  rules: [{ if: $CI_COMMIT_BRANCH }]

release:
  stage: release
  script: echo "Notes of $CI_PIPELINE_IID" > notes.md
  artifacts: { paths: [notes.md] }
  release:
    tag_name: v1.$CI_PIPELINE_IID
    name: Release 1.$CI_PIPELINE_IID
    description: ./notes.md
    assets: { links: [{ name: site, url: https://digits.example.org, link_type: other }] }
  rules: [{ if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH }]
`

const GUARDED = `
guarded:
  script: echo deploys
  when: manual
  environment: guarded
`

let world: World
let runner: ChildProcess
let repository: Repository

beforeAll(async () => {
  world = await startWorld()
  const data = join(world.folder, 'data')
  const key = ['--token-file', join(data, 'secrets/runner.token'), '--data', join(world.folder, 'runner')]
  runner = spawn(process.execPath, [ENTRY, 'runner', '--server', world.url, '--sandbox', 'none', ...key], {
    stdio: 'ignore',
  })
  await world.admin('POST', '/projects', { name: PROJECT })
  repository = await world.repository(PROJECT, { '.gitlab-ci.yml': CI })
})
afterAll(async () => {
  runner.kill('SIGTERM')
  if (runner.exitCode === null && runner.signalCode === null) await once(runner, 'close')
  await world.stop()
})

const ended = (number: number): Promise<PipelineView> =>
  until(
    `the end of #${number}`,
    async () => {
      const pipeline = await world.pipeline(PROJECT, number)
      return pipeline.state !== 'running' && pipeline
    },
    FOR_A_JOB,
  )

const jobOf = ({ jobs }: PipelineView, name: string) => jobs.find(job => job.name === name)!

async function environment(name: string): Promise<EnvironmentView | undefined> {
  const path = `/projects/${encodeURIComponent(PROJECT)}/environments`
  return (await world.admin<EnvironmentView[]>('GET', path)).find(other => other.name === name)
}

async function ballast(...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: '1', BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
  return run(process.execPath, [ENTRY, ...args], ROOT, env)
}

test('a push to the default branch signs in, deploys to production and releases', {
  timeout: 90_000,
}, async () => {
  await repository.pushAndLeave('HEAD:main')
  const pipeline = await ended(1)
  expect(pipeline.jobs.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'sign-in succeeded',
    'deploy-production succeeded',
    'release succeeded',
  ])
  expect(await environment('production')).toMatchObject({
    state: 'available',
    tier: 'production',
    url: 'https://digits.example.org',
    protected: true,
    lastDeployment: { commit: pipeline.commit, by: expect.any(String), pipeline: { number: 1 } },
  })
  const releases = `/projects/${encodeURIComponent(PROJECT)}/releases`
  expect(await world.admin<ReleaseView>('GET', `${releases}/v1.1`)).toMatchObject({
    tag: 'v1.1',
    name: 'Release 1.1',
    description: 'Notes of 1\n',
    commit: pipeline.commit,
    links: [{ name: 'site', url: 'https://digits.example.org', type: 'other' }],
  })
  expect((await ballast('release', 'show', PROJECT, 'v1.1')).stdout).toContain('Notes of 1')
  expect((await ballast('release', 'list', PROJECT)).stdout).toContain('v1.1')
  const there = await repository.git('ls-remote', '--tags', await repository.remote())
  expect(there.stdout.trim()).toBe(`${pipeline.commit}\trefs/tags/v1.1`)
  // The tag has a pipeline of its own, as a pushed one has.
  expect(jobOf(await ended(2), 'sign-in').state).toBe('succeeded')
})

test('its token is good for its audience alone, and the log does not show it', async () => {
  const { id } = jobOf(await world.pipeline(PROJECT, 1), 'sign-in').attempts.at(-1)!
  const get = async (path: string) =>
    (await world.call<string>('GET', `/api/v1/attempts/${id}/${path}`, { token: await world.secret() })).body
  const token = await get('artifacts/token.txt')
  const log = await get('log')
  expect(log).toContain('token:[redacted]:')
  expect(log).not.toContain(token.split('.')[2])

  const found = await world.call<{ issuer: string; jwks_uri: string }>(
    'GET',
    '/.well-known/openid-configuration',
  )
  expect(found.body.issuer).toBe(world.url)
  const keys = createRemoteJWKSet(new URL(found.body.jwks_uri))
  const check = async (audience: string): Promise<JWTPayload> =>
    (await jwtVerify(token, keys, { issuer: found.body.issuer, audience })).payload
  expect(await check('https://cloud.example.org')).toMatchObject({
    sub: `project_path:${PROJECT}:ref_type:branch:ref:main`,
    namespace_path: 'team',
    ref_protected: 'true',
    pipeline_source: 'push',
    ci_config_ref_uri: `${world.url.replace('http://', '')}/${PROJECT}//.gitlab-ci.yml@refs/heads/main`,
  })
  await expect(check('https://other.example.org')).rejects.toMatchObject({ claim: 'aud' })
  // After a rotation the token of the old key is still good, for whoever reads the keys anew.
  expect((await ballast('identity', 'rotate')).stdout).toContain('signs from now on')
  expect((await ballast('identity', 'keys')).stdout).toContain('in use')
  const anew = createRemoteJWKSet(new URL(found.body.jwks_uri))
  await jwtVerify(token, anew, { audience: 'https://cloud.example.org' })
})

test('a branch has a review environment, which goes with it, and no production', {
  timeout: 90_000,
}, async () => {
  await repository.commit('A topic', { 'a.txt': 'a' })
  await repository.pushAndLeave('HEAD:topic')
  const pipeline = await ended(3)
  expect(jobOf(pipeline, 'deploy-production')).toMatchObject({
    state: 'skipped',
    reason: 'The policy of production does not let branch topic deploy (allowed: main)',
  })
  expect(jobOf(pipeline, 'stop-review')).toMatchObject({ state: 'waiting', playable: true })
  expect(await environment('review/topic')).toMatchObject({
    state: 'available',
    url: 'https://app-topic.example.org',
    stopJob: { name: 'stop-review' },
    autoStopAt: expect.any(String),
  })
  expect((await ballast('environment', 'list', PROJECT)).stdout).toContain('https://app-topic.example.org')

  const deleted = await repository.git('push', await repository.remote(), ':topic')
  expect(deleted).toMatchObject({ code: 0, stderr: expect.stringContaining('review/topic is being stopped') })
  const stopped = await until(
    'the end of the environment',
    async () => {
      const now = await environment('review/topic')
      return now?.state === 'stopped' && now
    },
    FOR_A_JOB,
  )
  expect(stopped.reason).toBe("stopped by job 'stop-review'")
  expect(jobOf(await ended(3), 'stop-review').state).toBe('succeeded')
})

test('an environment is stopped by whoever asks, and once', { timeout: 90_000 }, async () => {
  await repository.pushAndLeave('HEAD:other')
  await ended(4)
  expect((await ballast('environment', 'stop', PROJECT, 'review/other')).stdout).toContain(
    "is being stopped by job 'stop-review'",
  )
  await until('its end', async () => (await environment('review/other'))?.state === 'stopped', FOR_A_JOB)
  expect(await ballast('environment', 'stop', PROJECT, 'review/other')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('review/other is stopped'),
  })
  expect(await ballast('environment', 'stop', PROJECT, 'review/none')).toMatchObject({ code: 1 })
})

test('a protected environment waits for whom its policy names, and nobody gets around it', async () => {
  const policy = `/projects/${encodeURIComponent(PROJECT)}/policies/guarded`
  const before = await world.admin<object>('GET', policy)
  await world.admin('PUT', policy, { ...before, approvers: 'admin' })
  const scopes = ['read', 'push', 'deploy'] as const
  const developer = await world.person('dev', 'developer', PROJECT, scopes)
  const maintainer = await world.person('maya', 'maintainer', PROJECT, scopes)
  const guarded = await world.repository(PROJECT, { '.gitlab-ci.yml': GUARDED })
  await guarded.pushAndLeave('HEAD:guarded')
  const job = async () => jobOf(await world.pipeline(PROJECT, 5), 'guarded')
  const { id } = await until('the job', async () => {
    const now = await job()
    return now.awaitsApproval && now
  })
  expect(await job()).toMatchObject({ state: 'waiting', playable: false })
  const ask = async (what: string, token: string) =>
    (await world.call('POST', `/api/v1/jobs/${id}/${what}`, { token, body: {} })).status
  expect(await ask('play', developer)).toBe(409)
  expect(await ask('play', maintainer)).toBe(409)
  expect(await ask('approve', developer)).toBe(403)
  expect(await ask('approve', maintainer)).toBe(403)
  expect((await job()).attempts).toEqual([])
  expect(await ask('approve', await world.secret())).toBe(200)
  await ended(5)
  expect(await job()).toMatchObject({ state: 'succeeded' })
  // Trying again is deploying again.
  expect(await ask('retry', maintainer)).toBe(200)
  expect(await job()).toMatchObject({ state: 'waiting', awaitsApproval: true })
})
