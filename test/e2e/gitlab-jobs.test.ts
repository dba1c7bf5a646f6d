import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type World } from '../server/world.ts'
import { type RunnerHere, runnerHere } from './runner-world/here.ts'

let world: World
let runner: RunnerHere

/** The real server and a real runner: a file of GitLab's is pushed, and runs. */
beforeAll(async () => {
  world = await startWorld()
  const [token, dataDir] = [await world.secret('runner'), join(world.folder, 'runner')]
  runner = runnerHere({ serverUrl: world.url, token, dataDir })
  await runner.ready
})
afterAll(async () => {
  await runner.stop()
  await world.stop()
})

async function logOf(project: string, job: string): Promise<string> {
  const { jobs } = await world.pipeline(project, 1)
  const attempt = jobs.find(({ name }) => name === job)!.attempts.at(-1)!
  return world.admin('GET', `/attempts/${attempt.id}/log`)
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

  test('find the submodules that are projects of this server', async () => {
    const lib = await world.repository('lib', { 'lib.txt': 'of the lib', 'bin/run.sh': 'echo ran' })
    const { stdout: commit } = await lib.git('rev-parse', 'HEAD')
    await lib.push()
    const repository = await world.repository('super', {
      '.gitmodules':
        '[submodule "lib"]\n\tpath = deep/lib\n\turl = ../lib.git\n[submodule "far"]\n\tpath = far\n\turl = https://github.com/x/y.git\n',
      '.gitlab-ci.yml': `
with: { variables: { GIT_SUBMODULE_STRATEGY: normal }, script: [ cat deep/lib/lib.txt, sh deep/lib/bin/run.sh, 'git status --porcelain' ] }
without: { script: 'test ! -e deep/lib/lib.txt' }
`,
    })
    for (const path of ['deep/lib', 'far'])
      await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit.trim()},${path}`)
    await repository.git('commit', '--quiet', '-m', 'With submodules')
    const { stderr } = await repository.push()
    expect(await statesOf('super'), stderr).toEqual({ with: 'succeeded', without: 'succeeded' })
    const log = await logOf('super', 'with')
    expect(log).toContain('of the lib')
    expect(log).toMatch(/^ran$/m)
    expect(log).toContain(`Submodule deep/lib: ${commit.slice(0, 8)} of lib`)
    expect(log).toContain('for the script to fetch (git submodule update --init): far')
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
