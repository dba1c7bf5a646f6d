import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runRunner } from '../../src/runner/index.ts'
import { startWorld, type World } from '../server/world.ts'

let world: World
let stop: AbortController
let running: Promise<void>

/** The real server and a real runner: a file of GitLab's is pushed, and runs. */
beforeAll(async () => {
  world = await startWorld()
  stop = new AbortController()
  const ready = Promise.withResolvers<unknown>()
  running = runRunner({
    serverUrl: world.url,
    token: await world.secret('runner'),
    dataDir: join(world.folder, 'runner'),
    name: 'real',
    concurrency: 2,
    sandbox: 'none',
    entry: { node: process.execPath, script: import.meta.filename },
    signal: stop.signal,
    graceMs: 0,
    onReady: ready.resolve,
  })
  await Promise.race([ready.promise, running])
})
afterAll(async () => {
  stop.abort()
  await running
  await rm(join(world.folder, 'runner'), { recursive: true, force: true })
  await world.stop()
})

async function logOf(project: string, job: string): Promise<string> {
  const { jobs } = await world.pipeline(project, 1)
  const attempt = jobs.find(({ name }) => name === job)!.attempts.at(-1)!
  const headers = { authorization: `Bearer ${await world.secret()}` }
  const answer = await fetch(`${world.url}/api/v1/attempts/${attempt.id}/log?offset=0`, { headers })
  return answer.text()
}

async function statesOf(project: string) {
  const { jobs } = await world.pipeline(project, 1)
  return Object.fromEntries(jobs.map(({ name, state }) => [name, state]))
}

describe('the jobs of a .gitlab-ci.yml', () => {
  test('find the repository with its history, as deep as they ask for', async () => {
    const repository = await world.repository('history', {
      '.gitlab-ci.yml': `
.git: { script: [ 'git log --format="subject %s"', 'git status --porcelain', 'git tag', 'git rev-parse HEAD' ] }
shallow: { extends: .git, variables: { GIT_DEPTH: 1 } }
whole: { extends: .git, variables: { GIT_DEPTH: 0 } }
none: { variables: { GIT_STRATEGY: none }, script: [ 'test ! -e .git', 'test -z "$(ls -A)"' ] }
`,
    })
    await repository.commit('the second', { 'a.txt': 'a' })
    const head = await repository.commit('the third', { 'a.txt': 'b' })
    const { stderr } = await repository.push()
    expect(await statesOf('history'), stderr).toEqual({
      shallow: 'succeeded',
      whole: 'succeeded',
      none: 'succeeded',
    })
    const shallow = await logOf('history', 'shallow')
    const whole = await logOf('history', 'whole')
    expect(shallow.match(/^subject .*$/gm)).toEqual(['subject the third'])
    expect(whole.match(/^subject .*$/gm)?.slice(0, 2)).toEqual(['subject the third', 'subject the second'])
    for (const log of [shallow, whole]) {
      expect(log).toContain(`\n${head}\n`)
      expect(log).not.toMatch(/^( M|\?\?) /m)
    }
  })

  test('run their phases as GitLab does', async () => {
    const repository = await world.repository('phases', {
      '.gitlab-ci.yml': `
split:
  script:
    - if true; then
    - echo "inside $CI_JOB_NAME"
    - fi
fails:
  allow_failure: true
  before_script: [ 'export FROM_BEFORE=yes' ]
  script: [ 'echo "before: $FROM_BEFORE"', 'false | cat', 'echo never' ]
  after_script: [ 'echo "it was $CI_JOB_STATUS, before: [$FROM_BEFORE]"' ]
place:
  script: [ 'test "$CI_PROJECT_DIR" = "$PWD"', 'umask' ]
`,
    })
    const { stderr } = await repository.push()
    expect(await statesOf('phases'), stderr).toEqual({
      split: 'succeeded',
      fails: 'failed',
      place: 'succeeded',
    })
    expect(await logOf('phases', 'split')).toContain('\ninside split\n')
    const fails = await logOf('phases', 'fails')
    expect(fails).toContain('\nbefore: yes\n')
    expect(fails).toContain('\nit was failed, before: []\n')
    expect(fails).not.toContain('\nnever')
    expect(await logOf('phases', 'place')).toContain('\n0022\n')
  })
})
