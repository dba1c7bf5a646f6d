import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { job, type LocalWorld, openLocalWorld } from '../e2e/local-world.ts'

let local: LocalWorld
beforeEach(async () => {
  local = await openLocalWorld()
})
afterEach(() => local.close())

function aRepository(ci: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  return local.repository({ '.gitlab-ci.yml': ci, ...files })
}

describe('a run', () => {
  test('goes by stages and needs, and hands on files and variables', async () => {
    await aRepository(
      `
stages: [build, test, deploy]
build:
  stage: build
  script:
    - mkdir -p out
    - cat source.txt > out/made.txt
    - echo "VERSION=1.2" > build.env
  artifacts:
    paths: [out/]
    reports: { dotenv: build.env }
test:
  stage: test
  script:
    - grep hello out/made.txt
    - test "$VERSION" = 1.2
quick:
  stage: test
  needs: []
  script: [ "test ! -e out" ]
deploy:
  stage: deploy
  script: [ 'echo "deploys $VERSION of $CI_COMMIT_BRANCH"' ]
`,
      { 'source.txt': 'hello\n' },
    )
    const { status, out } = local.ballast('run')
    expect(out).toContain('deploy | deploys 1.2 of main')
    expect(status).toBe(0)
    expect(await local.states()).toEqual({
      build: 'succeeded',
      test: 'succeeded',
      quick: 'succeeded',
      deploy: 'succeeded',
    })
    expect(await local.kept('artifacts/build/out/made.txt')).toBe('hello\n')
  })

  test('a job works in a copy: of what is tracked and what is new, with the history', async () => {
    await aRepository(
      job(
        'look',
        'ls -A | tr "\\n" " "',
        '    - git log --format=%s\n    - echo changed > tracked.txt; touch left-behind\n',
      ) + job('after', 'cat tracked.txt; ls', '  needs: [look]\n'),
      { 'tracked.txt': 'as it was\n', '.gitignore': 'ignored.txt\n' },
    )
    await writeFile(join(local.folder, 'new.txt'), 'new\n')
    await writeFile(join(local.folder, 'ignored.txt'), 'ignored\n')
    expect(local.ballast('run').status).toBe(0)
    const look = await local.logOf('look')
    expect(look).toContain('.git .gitignore .gitlab-ci.yml new.txt tracked.txt')
    expect(look).toContain('first')
    const after = await local.logOf('after')
    expect(after).toContain('as it was')
    expect(after).not.toContain('left-behind')
    expect(await readFile(join(local.folder, 'tracked.txt'), 'utf8')).toBe('as it was\n')
    expect(local.git('status', '--porcelain')).toBe('?? new.txt')
  })

  test('jobs that do not touch their workspace never see what another made', async () => {
    const makers = Array.from({ length: 6 }, (_, n) =>
      job(`maker-${n}`, `touch made-${n} && echo x >> tracked.txt`),
    )
    const lookers = Array.from({ length: 12 }, (_, n) =>
      job(`looker-${n}`, 'test "$(ls)" = tracked.txt && test "$(cat tracked.txt)" = kept'),
    )
    const mixed = lookers.flatMap((looker, n) => [looker, ...makers.slice(n / 2, n / 2 + 1)])
    await aRepository(mixed.join(''), { 'tracked.txt': 'kept\n' })
    const { status, out } = local.ballast('run', '--jobs', '2', '--quiet')
    expect(out).toContain('18 succeeded')
    expect(status).toBe(0)
  })

  test('gets none of the variables of the shell but those that were named', async () => {
    await aRepository(job('look', 'echo "[$SECRET_OF_THE_SHELL][$GIVEN][$CI_COMMIT_BRANCH]"'))
    local.ballast('run', '--var', 'GIVEN=yes')
    expect(await local.logOf('look')).toContain('[][yes][main]')
    local.ballast('run', '--pass-env', 'SECRET_OF_THE_SHELL')
    expect(await local.logOf('look')).toContain('[not for jobs][][main]')
  })

  test('secrets of a file are variables, and are never shown', async () => {
    await aRepository(job('use', 'echo "it is $TOKEN" && test "$TOKEN" = hunter2hunter2'))
    await writeFile(join(local.root, 'secrets'), 'TOKEN=hunter2hunter2\n')
    const { status, out } = local.ballast('run', '--secret-file', join(local.root, 'secrets'))
    expect(status).toBe(0)
    expect(out).toContain('it is [redacted]')
    expect(await local.logOf('use')).not.toContain('hunter2')
  })

  test('a cache of one run is there in the next', async () => {
    await aRepository(`
build:
  cache: { key: deps, paths: [deps/] }
  script:
    - test -e deps/kept && echo "found it" || echo "made it"
    - mkdir -p deps && touch deps/kept
`)
    local.ballast('run')
    expect(await local.logOf('build')).toContain('made it')
    local.ballast('run')
    expect(await local.logOf('build')).toContain('found it')
  })
})

describe('a failure', () => {
  test('skips what comes after it, starts what waits for it, and is told by the exit status', async () => {
    await aRepository(`
stages: [build, test, after]
build: { stage: build, script: [ "echo broken; exit 3" ], after_script: [ 'echo "it $CI_JOB_STATUS"' ] }
test: { stage: test, script: [ "true" ] }
rescue: { stage: after, when: on_failure, script: [ "echo rescued" ] }
always: { stage: after, when: always, script: [ "echo always" ] }
`)
    const { status, out } = local.ballast('run')
    expect(status).toBe(1)
    expect(await local.states()).toEqual({
      build: 'failed',
      test: 'skipped',
      rescue: 'succeeded',
      always: 'succeeded',
    })
    expect(out).toContain('exit code 3')
    expect(await local.logOf('build')).toContain('it failed')
  })

  test('that is allowed is none; one that is tried again may succeed', async () => {
    await aRepository(`
may: { allow_failure: true, script: [ "exit 1" ] }
some: { allow_failure: { exit_codes: [ 42 ] }, script: [ "exit 42" ] }
again: { retry: 2, script: [ 'n=$(cat ${local.root}/tries 2> /dev/null || echo 0); echo $((n + 1)) > ${local.root}/tries; test $n = 2' ] }
`)
    const { status } = local.ballast('run')
    expect(await local.states()).toEqual({ may: 'failed', some: 'failed', again: 'succeeded' })
    expect((await local.result()).jobs.find(({ job }) => job === 'again')?.tries).toBe(3)
    expect(status).toBe(0)
  })

  test('in the file is told with its place, and nothing starts', async () => {
    await aRepository('build:\n  script: [ "touch started" ]\n  scirpt: x\n')
    const { status, err } = local.ballast('run')
    expect(status).toBe(1)
    expect(err).toMatch(/^\.gitlab-ci\.yml:3:3: error: .*scirpt.*script/)
    expect(existsSync(join(local.folder, '.ballast'))).toBe(false)
  })

  test('a job that runs too long is ended', async () => {
    await aRepository(job('slow', 'sleep 60', '  timeout: 1 second\n'))
    const { status } = local.ballast('run')
    expect(status).toBe(1)
    expect((await local.result()).jobs[0]).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('limit'),
    })
  })
})

describe('what is run', () => {
  const CI = `
stages: [build, test, deploy]
build: { stage: build, script: [ "echo builds" ] }
test: { stage: test, script: [ "echo tests" ], needs: [build] }
lint: { stage: test, script: [ "echo lints" ] }
ship: { stage: deploy, when: manual, script: [ "echo ships" ] }
nightly: { stage: test, script: [ "true" ], rules: [ { if: '$CI_PIPELINE_SOURCE == "schedule"' } ] }
`

  test('a named job runs with what it needs; alone where that is said', async () => {
    await aRepository(CI)
    local.ballast('run', 'test')
    expect(await local.states()).toEqual({ build: 'succeeded', test: 'succeeded' })
    local.ballast('run', '--no-needs', 'test')
    expect(await local.states()).toEqual({ test: 'succeeded' })
  })

  test('a manual job waits, unless it is named', async () => {
    await aRepository(CI)
    expect(local.ballast('run').status).toBe(0)
    expect(await local.states()).toMatchObject({ lint: 'succeeded', ship: 'waiting' })
    local.ballast('run', '--manual', 'ship')
    expect(await local.states()).toMatchObject({ ship: 'succeeded' })
  })

  test('a name that there is not is refused, with the nearest', async () => {
    await aRepository(CI)
    const { status, err } = local.ballast('run', 'tset')
    expect(status).toBe(1)
    expect(err).toContain("Did you mean 'test'?")
  })

  test('the list says why each job is in or out, on this occasion or another', async () => {
    await aRepository(CI)
    expect(local.ballast('run', '--list').out).toMatch(
      /not in this pipeline: 1 job[\s\S]*nightly .*\.gitlab-ci\.yml:7:1/,
    )
    const { out, status } = local.ballast('pipeline', 'compile', '--event', 'schedule', '--json')
    const plan = JSON.parse(out) as { plan: { jobs: { name: string; at: unknown }[] } }
    expect(plan.plan.jobs.find(({ name }) => name === 'nightly')?.at).toMatchObject({ line: 7, column: 1 })
    expect(status).toBe(0)
    expect(existsSync(join(local.folder, '.ballast'))).toBe(false)
  })

  test('rules on changes go by what the branch changed', async () => {
    await aRepository(
      `docs: { script: [ "true" ], rules: [ { changes: [ "docs/**/*" ] } ] }\n${job('code', 'echo code')}`,
      {
        'docs/a.md': 'a\n',
      },
    )
    local.git('checkout', '-q', '-b', 'topic')
    await appendFile(join(local.folder, '.gitlab-ci.yml'), '# a word\n')
    expect(local.ballast('run', '--names').out).toBe('code\n')
    await appendFile(join(local.folder, 'docs/a.md'), 'more\n')
    expect(local.ballast('run', '--names').out.split('\n').sort()).toEqual(['', 'code', 'docs'])
    expect(local.ballast('run', '--names', '--changed', 'x.txt').out).toBe('code\n')
  })

  test('a child pipeline runs within, from a file that a job made', async () => {
    await aRepository(`
generate:
  script: [ 'printf "inner:\\n  script: [ echo inner runs ]\\n" > child.yml' ]
  artifacts: { paths: [child.yml] }
child:
  needs: [generate]
  trigger: { include: [ { artifact: child.yml, job: generate } ], strategy: depend }
`)
    const { status, out } = local.ballast('run')
    expect(out).toContain('child/inner | inner runs')
    expect(status).toBe(0)
    expect(await local.states()).toEqual({
      generate: 'succeeded',
      child: 'succeeded',
      'child/inner': 'succeeded',
    })
  })
})

test('for machines, each event is a line of JSON', async () => {
  await aRepository(job('hello', 'echo hi'))
  const { out } = local.ballast('run', '--json')
  const events = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { kind: string; line?: string })
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([
      'pipeline-started',
      'job-started',
      'job-output',
      'job-ended',
      'pipeline-ended',
      'run-ended',
    ]),
  )
  expect(events.some(({ line }) => line === 'hi')).toBe(true)
})

test('of many runs the last ten stay, and none of them is in the next copy', async () => {
  await aRepository(job('look', 'ls -A'))
  for (let n = 10; n < 22; n++)
    await mkdir(join(local.folder, `.ballast/run/20260101-0000${n}-abcd/logs`), { recursive: true })
  local.ballast('run')
  const runs = (await readdir(join(local.folder, '.ballast/run'))).filter(name => /^\d/.test(name)).sort()
  expect(runs).toHaveLength(10)
  expect(runs[0]).toBe('20260101-000013-abcd')
  expect(await local.logOf('look')).not.toContain('.ballast')
})

test('a ballast.yaml runs here too, with the stages of its model but those of a server', async () => {
  await local.repository({
    'ballast.yaml':
      'model: model.onnx\njobs:\n  train:\n    run: echo trains > model.onnx\n    artifacts: [model.onnx]\n',
  })
  const { status } = local.ballast('run')
  expect(status).toBe(1)
  expect(await local.states()).toMatchObject({
    train: 'succeeded',
    scan: 'succeeded',
    inspect: 'failed',
    register: 'skipped',
  })
})
