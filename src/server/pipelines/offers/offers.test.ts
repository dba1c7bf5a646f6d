import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { Offer } from '../../../api/index.ts'
import type { CommitId } from '../../../core/index.ts'
import { digestOf } from '../../../core/index.ts'
import type { CacheRequest, Pipeline, PlannedJob } from '../../../pipeline/index.ts'
import { sealSecret } from '../../access/secret-values.ts'
import { repositoryDirectory } from '../../repositories.ts'

const run = promisify(execFile)
let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const GITLAB = { dialect: 'gitlab', order: 'stages', stage: 'build', expand: true } as const
const OUTLINE = { outline: { stages: ['build', 'test', 'deploy'] }, trigger: aTrigger() }

/** The offer of the last of these jobs; those before it end well. */
async function offerOf(
  pipeline: Partial<Pipeline>,
  ...plans: readonly Partial<PlannedJob>[]
): Promise<Offer> {
  await world.begin({ ...OUTLINE, ...pipeline }, ...plans)
  for (let i = 1; i < plans.length; i++) await world.finish((await world.lease({ capacity: 1 }))[0]!)
  return (await world.lease({ capacity: 1, labels: ['linux'], images: true }))[0]!
}

async function keepSecret(
  name: string,
  value: string,
  kind: 'variable' | 'file' = 'variable',
): Promise<void> {
  const { stores, vault, clock } = world.plane.plane
  const [project] = await stores.access.projects()
  const place = { name, environment: '*' }
  await stores.access.setSecret(project!.id, {
    ...place,
    kind,
    protected: false,
    masked: true,
    literal: true,
    sealed: await sealSecret(vault, project!.id, place, value),
    createdAt: clock.now(),
  })
}

/** A kept file, its contents in the store. */
async function kept(path: string, text: string) {
  const bytes = Buffer.from(text)
  const digest = digestOf(bytes)
  await world.plane.plane.blobs.put(digest, Readable.from([bytes]), { maxBytes: 1e6 })
  return { path, digest, size: bytes.length, executable: false }
}

describe('variables of a job', () => {
  test('have references replaced, but where they are literal', async () => {
    const { env } = await offerOf(
      {},
      { ...GITLAB, env: { A: `$B-\${B}`, B: 'b', RAW: '$B' }, literal: ['RAW'] },
    )
    expect(env).toMatchObject({ A: 'b-b', B: 'b', RAW: '$B', CI: 'true', GITLAB_CI: 'true' })
  })

  test('of ballast.yaml are as they are written', async () => {
    const { env } = await offerOf({}, { env: { A: '$B', B: 'b' } })
    expect(env).toMatchObject({ A: '$B', BALLAST_BRANCH: 'main' })
  })

  test('outrank each other: predefined, the plan, the project, what was asked for, what somebody gave', async () => {
    await keepSecret('P', 'project')
    await keepSecret('T', 'project')
    await keepSecret('M', 'project')
    const pipeline = await world.begin(
      { ...OUTLINE, trigger: aTrigger({ variables: { T: 'trigger', M: 'trigger' } }) },
      {
        ...GITLAB,
        name: 'go',
        env: { CI_COMMIT_REF_NAME: 'plan', P: 'plan', T: 'plan', M: 'plan', SEEN: '$CI_COMMIT_REF_NAME $M' },
        start: { kind: 'manual' },
      },
    )
    await world.actions.play(await world.job(pipeline, 'go'), 'ada', { M: 'given' })
    const [offer] = await world.lease()
    expect(offer?.env).toMatchObject({
      CI_COMMIT_REF_NAME: 'plan',
      P: 'project',
      T: 'trigger',
      M: 'given',
      SEEN: 'plan given',
    })
    expect(offer?.secrets).toEqual(['project', offer?.env['CI_JOB_TOKEN']])
  })

  test('some are files', async () => {
    await keepSecret('KEY_FILE', 'secret key', 'file')
    const { env, files } = await offerOf({}, { ...GITLAB, env: { CONF: 'a=1' }, fileVariables: ['CONF'] })
    expect(files).toEqual({ CONF: 'a=1', KEY_FILE: 'secret key' })
    expect(Object.keys(env)).not.toContain('CONF')
  })

  test('a secret that is asked for under another name comes as that; one that is not there keeps it from starting', async () => {
    await keepSecret('DATABASE', 'correct horse')
    const secrets = [{ variable: 'PASSWORD', secret: 'DATABASE', file: false }]
    expect((await offerOf({}, { ...GITLAB, secrets })).env['PASSWORD']).toBe('correct horse')
    const missing = await world.begin(OUTLINE, {
      ...GITLAB,
      name: 'a',
      secrets: [{ variable: 'PASSWORD', secret: 'NOWHERE', file: false }],
    })
    expect(await world.lease()).toEqual([])
    expect(await world.job(missing, 'a')).toMatchObject({
      state: 'errored',
      reason: expect.stringContaining("asks for the secret 'NOWHERE'"),
    })
  })

  test("of Ballast's own stages no word from outside is among", async () => {
    await keepSecret('NODE_OPTIONS', 'a')
    const work = { kind: 'stage', stage: 'scan' } as const
    const config = { repository: { model: { name: 'm' } }, policyGates: [] }
    const trigger = aTrigger({ variables: { NODE_OPTIONS: 'b' } })
    const { env } = await offerOf({ trigger, config }, { work })
    expect(Object.keys(env)).not.toContain('NODE_OPTIONS')
  })
})

describe('what earlier jobs hand on', () => {
  const later = (more: Partial<PlannedJob> = {}) => ({ ...GITLAB, name: 'later', stage: 'deploy', ...more })
  /** Two jobs that keep a file and a dotenv report each, then the one that is offered. */
  async function offered(plan: Partial<PlannedJob>): Promise<Offer> {
    const rules = { exclude: [], untracked: false, when: 'on_success', reports: [], access: 'all' } as const
    const maker = (name: string, stage: string) =>
      ({ ...GITLAB, name, stage, artifacts: ['**'], artifactRules: rules }) as const
    await world.begin(OUTLINE, maker('build', 'build'), maker('test', 'test'), plan)
    for (const name of ['build', 'test']) {
      const [offer] = await world.lease({ capacity: 1 })
      await world.finish(offer!, {
        artifacts: [
          await kept('out.txt', name),
          await kept(`${name}.txt`, name),
          { ...(await kept('vars.env', `FROM=${name}\n${name.toUpperCase()}=1\n`)), reportOnly: true },
        ],
        reports: [{ kind: 'dotenv', path: 'vars.env' }],
      })
    }
    return (await world.lease())[0]!
  }
  const told = ({ inputs, env }: Offer) => [
    inputs.map(({ path, digest }) => `${path} ${digest === digestOf('test') ? 'test' : 'build'}`),
    [env['FROM'], env['BUILD'], env['TEST']],
  ]

  test('stages: all of earlier stages, the later file over the earlier', async () => {
    expect(told(await offered(later()))).toEqual([
      ['out.txt test', 'build.txt build', 'test.txt test'],
      ['test', '1', '1'],
    ])
  })

  test('named inputs: of these alone', async () => {
    expect(told(await offered(later({ inputs: ['build'] })))).toEqual([
      ['out.txt build', 'build.txt build'],
      ['build', '1', undefined],
    ])
    expect(told(await offered(later({ inputs: [], variablesFrom: ['test'] })))).toEqual([
      [],
      ['test', undefined, '1'],
    ])
  })

  test('needs: of what it needs itself, not of what that needs', async () => {
    expect(told(await offered(later({ order: 'dag', needs: ['test'] })))).toEqual([
      ['out.txt test', 'test.txt test'],
      ['test', undefined, '1'],
    ])
  })
})

test('files of an attempt that failed are handed on, and those whose time is over are not', async () => {
  const rules = {
    exclude: [],
    untracked: false,
    when: 'always',
    reports: [],
    access: 'all',
    expireIn: 5000,
  } as const
  const make = async () => {
    await world.begin(
      OUTLINE,
      { ...GITLAB, artifacts: ['**'], artifactRules: rules, allowFailure: true },
      { ...GITLAB, stage: 'test' },
    )
    const [offer] = await world.lease()
    await world.finish(offer!, { outcome: 'failed', artifacts: [await kept('core.txt', 'x')] })
  }
  await make()
  world.plane.pass(4999)
  expect((await world.lease())[0]?.inputs).toHaveLength(1)
  await make()
  world.plane.pass(5000)
  expect((await world.lease())[0]?.inputs).toEqual([])
})

describe('a cache', () => {
  const cache = (key: CacheRequest['key'], more: Partial<CacheRequest> = {}): CacheRequest => ({
    key,
    fallbackKeys: [],
    paths: ['node_modules/'],
    untracked: false,
    policy: 'pull-push',
    when: 'on_success',
    unprotect: false,
    ...more,
  })
  const keyOf = async (request: CacheRequest, pipeline: Partial<Pipeline> = {}) =>
    (await offerOf(pipeline, { ...GITLAB, env: { WHO: 'ada', POLICY: 'pull' }, caches: [request] }))
      .caches![0]!

  test('has its key and policy expanded, and is apart for protected refs', async () => {
    const request = cache(
      { kind: 'text', text: '$WHO-$CI_COMMIT_REF_SLUG' },
      { policy: '$POLICY', fallbackKeys: ['$WHO'] },
    )
    expect(await keyOf(request)).toMatchObject({
      key: 'ada-main-protected',
      fallbackKeys: ['ada-protected'],
      policy: 'pull',
    })
    const open = { trigger: aTrigger({ protectedRef: false }) }
    expect((await keyOf(request, open)).key).toBe('ada-main-non_protected')
    expect((await keyOf({ ...request, unprotect: true })).key).toBe('ada-main-non_protected')
  })

  test('goes by the contents of files at the commit', async () => {
    const [project] = await world.plane.plane.stores.access.projects()
    const directory = repositoryDirectory(world.plane.plane.settings, project!.id)
    await mkdir(directory, { recursive: true })
    const git = async (...args: string[]) =>
      (await run('git', args, { cwd: directory, env: IDENTITY })).stdout.trim()
    await git('init', '-q', '--bare')
    const commitWith = async (lock: string): Promise<CommitId> => {
      const blob = await blobOf(directory, lock)
      await git('update-index', '--add', '--cacheinfo', `100644,${blob},package-lock.json`)
      return (await git('commit-tree', await git('write-tree'), '-m', 'x')) as CommitId
    }
    const files = cache({ kind: 'files', files: ['package-lock.json'], prefix: '$WHO' })
    const [one, two] = [await commitWith('1'), await commitWith('2')]
    const first = await keyOf(files, { commit: one })
    expect(first.key).toMatch(/^ada-[0-9a-f]{64}-protected$/)
    expect((await keyOf(files, { commit: one })).key).toBe(first.key)
    expect((await keyOf(files, { commit: two })).key).not.toBe(first.key)
    const none = cache({ kind: 'files', files: ['nowhere.lock'] })
    expect((await keyOf(none, { commit: one })).key).toBe('default-protected')
  })
})

const IDENTITY = {
  ...process.env,
  GIT_AUTHOR_NAME: 'ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
}

async function blobOf(cwd: string, text: string): Promise<string> {
  const running = run('git', ['hash-object', '-w', '--stdin'], { cwd })
  running.child.stdin!.end(text)
  return (await running).stdout.trim()
}

describe('what a job of GitLab finds', () => {
  test.each<[Record<string, string>, object]>([
    [{}, { gitDepth: 20 }],
    [{ GIT_DEPTH: '3' }, { gitDepth: 3 }],
    [{ GIT_DEPTH: '0' }, { gitDepth: 0 }],
    [{ GIT_DEPTH: 'all' }, { gitDepth: 20 }],
    [{ GIT_STRATEGY: 'none' }, { source: 'none' }],
    [{ GIT_STRATEGY: 'clone' }, { gitDepth: 20 }],
  ])('%j: %j', async (env, expected) => {
    const { gitDepth, source } = await offerOf({}, { ...GITLAB, env })
    expect({ ...(gitDepth !== undefined && { gitDepth }), ...(source && { source }) }).toEqual(expected)
  })

  test('image, services and paths have their variables replaced', async () => {
    const offer = await offerOf(
      {},
      {
        ...GITLAB,
        env: { TAG: '24', OUT: 'dist' },
        image: { name: 'node:$TAG', pullPolicy: ['always'] },
        services: [
          { name: 'postgres:$TAG', aliases: ['db'], pullPolicy: [], variables: { POSTGRES_DB: '$OUT' } },
        ],
        artifacts: ['$OUT/**'],
        resources: { cpu: 2 },
        network: false,
      },
    )
    expect(offer).toMatchObject({
      image: { name: 'node:24', pullPolicy: ['always'] },
      services: [{ name: 'postgres:24', variables: { POSTGRES_DB: 'dist' } }],
      artifacts: ['dist/**'],
      resources: { cpu: 2 },
      network: false,
    })
  })
})

describe('inputs of a job', () => {
  const work = {
    kind: 'script',
    shell: 'bash',
    phases: [
      {
        name: 'script',
        steps: [`deploy $\{{ job.inputs.to }}`],
        onFailure: 'stop',
        result: 'failed',
        when: 'success',
        freshShell: true,
      },
    ],
  } as const
  const jobInputs = {
    to: { type: 'string', default: 'staging', options: ['staging', 'production'] },
  } as const
  const stepOf = (offer: Offer | undefined) =>
    offer?.work.kind === 'script' ? offer.work.phases[0]?.steps[0] : undefined

  test('have their defaults, what was given as it was started, and other values as it is tried again', async () => {
    const manual = { ...GITLAB, name: 'deploy', work, jobInputs, start: { kind: 'manual' } } as const
    const pipeline = await world.begin(OUTLINE, manual)
    const job = await world.job(pipeline, 'deploy')
    await expect(world.actions.play(job, 'ada', {}, { to: 'moon' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: "Job 'deploy' does not take this: its input 'to' takes one of staging, production",
    })
    await world.actions.play(job, 'ada', {}, { to: 'production' })
    const [first] = await world.lease()
    expect(stepOf(first)).toBe('deploy production')
    await world.finish(first!)
    await world.actions.retry(await world.job(pipeline, 'deploy'))
    const [same] = await world.lease()
    expect(stepOf(same)).toBe('deploy production')
    await world.finish(same!)
    await world.actions.retry(await world.job(pipeline, 'deploy'), { to: 'staging' })
    expect(stepOf((await world.lease())[0])).toBe('deploy staging')
  })

  test('that nobody gave are the defaults', async () => {
    expect(stepOf(await offerOf({}, { ...GITLAB, name: 'deploy', work, jobInputs }))).toBe('deploy staging')
  })
})
