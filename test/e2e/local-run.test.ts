import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const BALLAST = new URL('../../src/cli/main.ts', import.meta.url).pathname

let root: string
let folder: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-local-'))
  folder = join(root, 'repository')
  await mkdir(folder)
})
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 5 }))

function environment(): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return {
    PATH,
    HOME: root,
    XDG_CACHE_HOME: join(root, 'cache'),
    NO_COLOR: '1',
    SECRET_OF_THE_SHELL: 'not for jobs',
  }
}

function git(...words: readonly string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git ${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

async function aRepository(ci: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  git('init', '-q', '-b', 'main')
  for (const [path, content] of Object.entries({ '.gitlab-ci.yml': ci, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  git('add', '.')
  git('commit', '-q', '-m', 'first')
}

function ballast(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BALLAST, ...words], {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
  })
  return { status, out: stdout, err: stderr }
}

interface Result {
  readonly state: string
  readonly jobs: readonly {
    readonly job: string
    readonly state: string
    readonly reason?: string
    readonly tries: number
    readonly startedMs?: number
    readonly durationMs?: number
  }[]
}

async function result(): Promise<Result> {
  return JSON.parse(await readFile(join(folder, '.ballast/run/latest/result.json'), 'utf8')) as Result
}

async function states(): Promise<Record<string, string>> {
  return Object.fromEntries((await result()).jobs.map(({ job, state }) => [job, state]))
}

async function logOf(job: string): Promise<string> {
  return readFile(join(folder, `.ballast/run/latest/logs/${job}.log`), 'utf8')
}

/** A job's line for YAML, with what it runs. */
const job = (name: string, script: string, more = '') => `${name}:\n  script:\n    - ${script}\n${more}`

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
    const { status, out } = ballast('run')
    expect(out).toContain('deploy | deploys 1.2 of main')
    expect(status).toBe(0)
    expect(await states()).toEqual({
      build: 'succeeded',
      test: 'succeeded',
      quick: 'succeeded',
      deploy: 'succeeded',
    })
    expect(await readFile(join(folder, '.ballast/run/latest/artifacts/build/out/made.txt'), 'utf8')).toBe(
      'hello\n',
    )
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
    await writeFile(join(folder, 'new.txt'), 'new\n')
    await writeFile(join(folder, 'ignored.txt'), 'ignored\n')
    expect(ballast('run').status).toBe(0)
    const look = await logOf('look')
    expect(look).toContain('.git .gitignore .gitlab-ci.yml new.txt tracked.txt')
    expect(look).toContain('first')
    const after = await logOf('after')
    expect(after).toContain('as it was')
    expect(after).not.toContain('left-behind')
    expect(await readFile(join(folder, 'tracked.txt'), 'utf8')).toBe('as it was\n')
    expect(git('status', '--porcelain')).toBe('?? new.txt')
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
    const { status, out } = ballast('run', '--jobs', '2', '--quiet')
    expect(out).toContain('18 succeeded')
    expect(status).toBe(0)
  })

  test('gets none of the variables of the shell but those that were named', async () => {
    await aRepository(job('look', 'echo "[$SECRET_OF_THE_SHELL][$GIVEN][$CI_COMMIT_BRANCH]"'))
    ballast('run', '--var', 'GIVEN=yes')
    expect(await logOf('look')).toContain('[][yes][main]')
    ballast('run', '--pass-env', 'SECRET_OF_THE_SHELL')
    expect(await logOf('look')).toContain('[not for jobs][][main]')
  })

  test('secrets of a file are variables, and are never shown', async () => {
    await aRepository(job('use', 'echo "it is $TOKEN" && test "$TOKEN" = hunter2hunter2'))
    await writeFile(join(root, 'secrets'), 'TOKEN=hunter2hunter2\n')
    const { status, out } = ballast('run', '--secret-file', join(root, 'secrets'))
    expect(status).toBe(0)
    expect(out).toContain('it is [redacted]')
    expect(await logOf('use')).not.toContain('hunter2')
  })

  test('a cache of one run is there in the next', async () => {
    await aRepository(`
build:
  cache: { key: deps, paths: [deps/] }
  script:
    - test -e deps/kept && echo "found it" || echo "made it"
    - mkdir -p deps && touch deps/kept
`)
    ballast('run')
    expect(await logOf('build')).toContain('made it')
    ballast('run')
    expect(await logOf('build')).toContain('found it')
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
    const { status, out } = ballast('run')
    expect(status).toBe(1)
    expect(await states()).toEqual({
      build: 'failed',
      test: 'skipped',
      rescue: 'succeeded',
      always: 'succeeded',
    })
    expect(out).toContain('exit code 3')
    expect(await logOf('build')).toContain('it failed')
  })

  test('that is allowed is none; one that is tried again may succeed', async () => {
    await aRepository(`
may: { allow_failure: true, script: [ "exit 1" ] }
some: { allow_failure: { exit_codes: [ 42 ] }, script: [ "exit 42" ] }
again: { retry: 2, script: [ 'n=$(cat ${root}/tries 2> /dev/null || echo 0); echo $((n + 1)) > ${root}/tries; test $n = 2' ] }
`)
    const { status } = ballast('run')
    expect(await states()).toEqual({ may: 'failed', some: 'failed', again: 'succeeded' })
    expect((await result()).jobs.find(({ job }) => job === 'again')?.tries).toBe(3)
    expect(status).toBe(0)
  })

  test('in the file is told with its place, and nothing starts', async () => {
    await aRepository('build:\n  script: [ "touch started" ]\n  scirpt: x\n')
    const { status, err } = ballast('run')
    expect(status).toBe(1)
    expect(err).toMatch(/^\.gitlab-ci\.yml:3:3: error: .*scirpt.*script/)
    expect(existsSync(join(folder, '.ballast'))).toBe(false)
  })

  test('a job that runs too long is ended', async () => {
    await aRepository(job('slow', 'sleep 60', '  timeout: 1 second\n'))
    const { status } = ballast('run')
    expect(status).toBe(1)
    expect((await result()).jobs[0]).toMatchObject({
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
    ballast('run', 'test')
    expect(await states()).toEqual({ build: 'succeeded', test: 'succeeded' })
    ballast('run', '--no-needs', 'test')
    expect(await states()).toEqual({ test: 'succeeded' })
  })

  test('a manual job waits, unless it is named', async () => {
    await aRepository(CI)
    expect(ballast('run').status).toBe(0)
    expect(await states()).toMatchObject({ lint: 'succeeded', ship: 'waiting' })
    ballast('run', '--manual', 'ship')
    expect(await states()).toMatchObject({ ship: 'succeeded' })
  })

  test('a name that there is not is refused, with the nearest', async () => {
    await aRepository(CI)
    const { status, err } = ballast('run', 'tset')
    expect(status).toBe(1)
    expect(err).toContain("Did you mean 'test'?")
  })

  test('the list says why each job is in or out, on this occasion or another', async () => {
    await aRepository(CI)
    expect(ballast('run', '--list').out).toMatch(
      /not in this pipeline: 1 job[\s\S]*nightly .*\.gitlab-ci\.yml:7:1/,
    )
    const { out, status } = ballast('pipeline', 'compile', '--event', 'schedule', '--json')
    const plan = JSON.parse(out) as { plan: { jobs: { name: string; at: unknown }[] } }
    expect(plan.plan.jobs.find(({ name }) => name === 'nightly')?.at).toMatchObject({ line: 7, column: 1 })
    expect(status).toBe(0)
    expect(existsSync(join(folder, '.ballast'))).toBe(false)
  })

  test('rules on changes go by what the branch changed', async () => {
    await aRepository(
      `docs: { script: [ "true" ], rules: [ { changes: [ "docs/**/*" ] } ] }\n${job('code', 'echo code')}`,
      {
        'docs/a.md': 'a\n',
      },
    )
    git('checkout', '-q', '-b', 'topic')
    await appendFile(join(folder, '.gitlab-ci.yml'), '# a word\n')
    expect(ballast('run', '--names').out).toBe('code\n')
    await appendFile(join(folder, 'docs/a.md'), 'more\n')
    expect(ballast('run', '--names').out.split('\n').sort()).toEqual(['', 'code', 'docs'])
    expect(ballast('run', '--names', '--changed', 'x.txt').out).toBe('code\n')
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
    const { status, out } = ballast('run')
    expect(out).toContain('child/inner | inner runs')
    expect(status).toBe(0)
    expect(await states()).toEqual({ generate: 'succeeded', child: 'succeeded', 'child/inner': 'succeeded' })
  })
})

describe('Ctrl-C', () => {
  /** Resolves once the command has printed this. */
  function printed(child: ChildProcess, text: string): Promise<void> {
    let all = ''
    return new Promise((resolve, reject) => {
      child.stdout!.on('data', (bytes: Buffer) => {
        all += bytes.toString()
        if (all.includes(text)) resolve()
      })
      child.once('exit', () => reject(new Error(`It ended before it printed '${text}':\n${all}`)))
    })
  }

  function ended(child: ChildProcess): Promise<number | null> {
    return new Promise(resolve => child.once('close', resolve))
  }

  test('asks the jobs to end, tells what became of them, and leaves no process behind', async () => {
    await aRepository(
      `ask:\n  script: [ "trap 'echo asked; exit 1' TERM; echo $$ > ${root}/pid; echo ready; sleep 60 & wait" ]\n` +
        '  after_script: [ "echo cleaned up" ]\n' +
        job('next', 'echo next', '  needs: [ask]\n'),
    )
    const child = spawn(process.execPath, [BALLAST, 'run'], {
      cwd: folder,
      env: environment(),
      stdio: 'pipe',
    })
    const end = ended(child)
    await printed(child, 'ready')
    child.kill('SIGINT')
    expect(await end).toBe(130)
    expect(await states()).toEqual({ ask: 'canceled', next: 'canceled' })
    const log = await logOf('ask')
    expect(log).toContain('asked')
    expect(log).toContain('cleaned up')
    const pid = Number(await readFile(join(root, 'pid'), 'utf8'))
    expect(() => process.kill(-pid, 0)).toThrow('ESRCH')
  })

  test('twice kills what does not listen', async () => {
    await aRepository(job('deaf', `trap '' TERM INT; echo $$ > ${root}/pid; echo ready; sleep 60; sleep 60`))
    const child = spawn(process.execPath, [BALLAST, 'run'], {
      cwd: folder,
      env: environment(),
      stdio: 'pipe',
    })
    const end = ended(child)
    const told = printed(child, 'Ctrl-C again kills them')
    await printed(child, 'ready')
    child.kill('SIGINT')
    await told
    child.kill('SIGINT')
    expect(await end).toBe(130)
    const pid = Number(await readFile(join(root, 'pid'), 'utf8'))
    expect(() => process.kill(-pid, 0)).toThrow('ESRCH')
  })
})

test('for machines, each event is a line of JSON', async () => {
  await aRepository(job('hello', 'echo hi'))
  const { out } = ballast('run', '--json')
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
    await mkdir(join(folder, `.ballast/run/20260101-0000${n}-abcd/logs`), { recursive: true })
  ballast('run')
  const runs = (await readdir(join(folder, '.ballast/run'))).filter(name => /^\d/.test(name)).sort()
  expect(runs).toHaveLength(10)
  expect(runs[0]).toBe('20260101-000013-abcd')
  expect(await logOf('look')).not.toContain('.ballast')
})

test('a ballast.yaml runs here too, with the stages of its model but those of a server', async () => {
  git('init', '-q', '-b', 'main')
  await writeFile(
    join(folder, 'ballast.yaml'),
    'model: model.onnx\njobs:\n  train:\n    run: echo trains > model.onnx\n    artifacts: [model.onnx]\n',
  )
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  const { status } = ballast('run')
  expect(status).toBe(1)
  expect(await states()).toMatchObject({
    train: 'succeeded',
    scan: 'succeeded',
    inspect: 'failed',
    register: 'skipped',
  })
})
