import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makePlaces } from '../../local/places.ts'
import type { Confinement, Executor, Places } from '../executor.ts'
import { containerExecutor } from './container.ts'
import { type EngineName, engineAt } from './engine.ts'
import { hostNames, isImageName } from './names.ts'

/** A client that writes down how it was called, and answers with what lies in a file under that command's name. */
const ENGINE = `#!/bin/sh
here=$(dirname "$0")
for argument in "$@"; do printf '%s\\n' "$argument"; done >> "$here/calls"
printf -- '--\\n' >> "$here/calls"
for argument in "$@"; do
  case "$before" in --env-file) cp "$argument" "$here/environment" ;; esac
  before=$argument
done
test -e "$here/$1.out" && cat "$here/$1.out"
read -r code 2> /dev/null < "$here/$1.code"
exit "\${code:-0}"
`
const SECRET = 'hunter2-in-a-variable'

let folder: string
let places: Places
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-engine-'))
  await writeFile(join(folder, 'engine'), ENGINE)
  await chmod(join(folder, 'engine'), 0o755)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function anExecutor(name: EngineName = 'podman', change: object = {}): Promise<Executor> {
  const executor = containerExecutor({
    engine: engineAt(name, join(folder, 'engine'), { PATH: '/usr/bin:/bin', SECRET, HOME: '/home/op' }),
    prefix: 'ballast-x-',
    defaultImage: { name: 'debian:12', pullPolicy: [] },
    foreignOwner: undefined,
    ...change,
  })
  places = (await makePlaces(executor, folder, 'att_1')).places
  return executor
}

function confined(change: Partial<Confinement> = {}): Confinement {
  return { network: true, readable: [], slot: 0, attempt: 'att_1', ...change }
}

async function prepare(executor: Executor, confinement: Confinement, env: Record<string, string> = {}) {
  const said: string[] = []
  const say = async (line: string): Promise<void> => void said.push(line)
  await executor.prepare?.(places, confinement, { env, say, signal: new AbortController().signal })
  return said
}

/** One line for each call of the client. */
async function calls(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '')
  return text
    .split('\n--\n')
    .filter(Boolean)
    .map(call => call.replaceAll('\n', ' '))
}

async function answer(command: string, { out, code = 0 }: { out?: string; code?: number }): Promise<void> {
  if (out !== undefined) await writeFile(join(folder, `${command}.out`), out)
  await writeFile(join(folder, `${command}.code`), `${code}\n`)
}

function aService(name: string, change: object = {}) {
  return { name, pullPolicy: [], aliases: [], variables: {}, ...change }
}

describe('a job’s container', () => {
  test('gets its places, and neither privileges nor the network or environment of the machine', async () => {
    const command = (await anExecutor()).command(places, confined()).join(' ')
    const { workspace, tmp, given, out } = places
    expect(command).toContain(`--volume ${workspace}:/workspace --workdir /workspace --volume ${tmp}:/tmp`)
    expect(command).toContain(`--volume ${given}:/run/ballast:ro --volume ${out}:/run/ballast-out`)
    expect(command).not.toMatch(/privileged|--network host|--net=|--pid|--device|docker\.sock|--cap-add/)
    expect(command).not.toContain(SECRET)
    expect(command).toMatch(
      /^env PATH=\/usr\/bin:\/bin HOME=\/home\/op \S+\/engine run --rm --name ballast-x-att_1 /,
    )
  })

  test.each([
    { ask: { network: false }, args: '--network none' },
    { ask: { readOnlyRoot: true }, args: '--read-only' },
    { ask: { resources: { cpu: 1.5, memoryBytes: 1024 } }, args: '--cpus 1.5 --memory 1024b' },
    { ask: { image: { name: 'a:1', pullPolicy: [], user: 'node' } }, args: '--user=node' },
    {
      ask: { image: { name: 'a:1', pullPolicy: [], platform: 'linux/arm64' } },
      args: '--platform=linux/arm64',
    },
    { ask: { image: { name: 'a:1', pullPolicy: [], entrypoint: [''] } }, args: '--entrypoint= a:1 /bin/sh' },
    {
      ask: { image: { name: 'a:1', pullPolicy: [], entrypoint: ['/tini', '--'] } },
      args: '--entrypoint=/tini a:1 -- /bin/sh',
    },
    { ask: {}, args: 'debian:12 /bin/sh -c exec /bin/sh -e "$0" 2>&1 /run/ballast/job.sh' },
    { ask: { services: [aService('db')] }, args: '--network ballast-x-att_1' },
  ] as const)('of a job that asks for $ask has $args', async ({ ask, args }) => {
    expect((await anExecutor()).command(places, confined(ask)).join(' ')).toContain(args)
  })

  test('is refused without an image', async () => {
    const executor = await anExecutor('podman', { defaultImage: undefined })
    expect(executor.refusal(confined())).toContain('--image')
    expect(executor.refusal(confined({ image: { name: 'a', pullPolicy: [] } }))).toBeUndefined()
  })

  test('opens its places to whatever user the image has', async () => {
    const executor = await anExecutor()
    await mkdir(join(places.workspace, 'src'), { mode: 0o755 })
    await writeFile(join(places.given, 'job.sh'), '', { mode: 0o400 })
    await prepare(executor, confined())
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)
    expect(await mode(join(places.workspace, 'src'))).toBe('777')
    expect(await mode(join(places.given, 'job.sh'))).toBe('444')
    expect(await mode(join(folder, 'att_1', 'engine'))).toBe('700')
  })
})

describe('an image', () => {
  test.each([
    { policy: [], here: true, calls: ['image inspect a:1'] },
    { policy: [], here: false, calls: ['image inspect a:1', 'pull --quiet a:1'] },
    { policy: ['always'], here: true, calls: ['pull --quiet a:1'] },
    { policy: ['if-not-present'], here: true, calls: ['image inspect a:1'] },
    { policy: ['never'], here: true, calls: ['image inspect a:1'] },
  ] as const)('with the policy $policy, here: $here', async ({ policy, here, calls: expected }) => {
    await answer('image', { code: here ? 0 : 1 })
    await prepare(await anExecutor(), confined({ image: { name: 'a:1', pullPolicy: policy } }))
    expect(await calls()).toEqual(expected)
  })

  test('that is never pulled must be here', async () => {
    await answer('image', { code: 1 })
    const job = confined({ image: { name: 'a:1', pullPolicy: ['never'] } })
    await expect(prepare(await anExecutor(), job)).rejects.toMatchObject({ code: 'IMAGE_UNAVAILABLE' })
  })

  test('is had by the next policy where one fails', async () => {
    await answer('pull', { code: 125 })
    const job = confined({ image: { name: 'a:1', pullPolicy: ['always', 'if-not-present'] } })
    expect((await prepare(await anExecutor(), job)).join('\n')).toContain(
      'pull policy always: pull ended with 125',
    )
  })

  test.each(['--privileged', '-v/:/host', 'a b', '', '$IMAGE', '../x'])('has no name like %j', async name => {
    expect(isImageName(name)).toBe(false)
    const job = confined({ image: { name, pullPolicy: [] } })
    await expect(prepare(await anExecutor(), job)).rejects.toMatchObject({ code: 'IMAGE_UNAVAILABLE' })
    expect(await calls()).toEqual([])
  })

  test.each([
    ['podman', /^pull --quiet --authfile=\S+\/engine\/config\.json a:1$/],
    ['docker', /^--config \S+\/engine pull --quiet a:1$/],
  ] as const)('is pulled by %s with the job’s login, which no command line shows', async (engine, call) => {
    const env = { DOCKER_AUTH_CONFIG: `{"auths":{"r.example":{"auth":"${SECRET}"}}}` }
    await prepare(await anExecutor(engine), confined({ image: { name: 'a:1', pullPolicy: ['always'] } }), env)
    const all = await calls()
    expect(all).toEqual([expect.stringMatching(call)])
    expect(all.join()).not.toContain(SECRET)
    expect(await readFile(join(folder, 'att_1/engine/config.json'), 'utf8')).toContain(SECRET)
  })
})

describe('services', () => {
  const RUNNING = { Running: true, Pid: 1, Health: { Status: 'healthy' } }
  const inspection = [{ State: RUNNING, Config: {}, NetworkSettings: { Ports: {}, Networks: {} } }]

  test('start first, in a network of the attempt, under their names', async () => {
    await answer('container', { out: JSON.stringify(inspection) })
    const db = aService('registry.example:5000/tutum/wordpress:5', {
      aliases: ['db'],
      command: ['serve', '-v'],
    })
    await prepare(await anExecutor(), confined({ services: [db] }))
    const [network, run] = (await calls()).slice(2)
    expect(network).toMatch(
      /^network create --label ballast.runner=ballast-x- --label ballast.attempt=att_1 \S+att_1$/,
    )
    expect(run).toContain('--network ballast-x-att_1 --network-alias db --network-alias ')
    expect(run).toMatch(/registry\.example:5000\/tutum\/wordpress:5 serve -v$/)
  })

  test('get the job’s variables and their own, which no command line shows', async () => {
    await answer('container', { out: JSON.stringify(inspection) })
    const services = [aService('postgres:16', { variables: { POSTGRES_DB: 'own', MULTI: 'two\nlines' } })]
    const said = await prepare(await anExecutor(), confined({ services }), {
      POSTGRES_DB: 'job',
      POSTGRES_PASSWORD: SECRET,
      'a.b': 'no name',
    })
    expect((await calls()).join()).not.toContain(SECRET)
    expect(await readFile(join(folder, 'environment'), 'utf8')).toBe(
      `POSTGRES_DB=own\nPOSTGRES_PASSWORD=${SECRET}\n`,
    )
    expect(said.join()).toContain('MULTI')
  })

  test('that do not start fail the job', async () => {
    await answer('run', { code: 125 })
    const job = confined({ services: [aService('postgres:16')] })
    await expect(prepare(await anExecutor(), job)).rejects.toMatchObject({ code: 'SERVICE_FAILED' })
  })

  test('that have ended are told with what they said', async () => {
    const ended = { ...RUNNING, Running: false }
    await answer('container', { out: JSON.stringify([{ ...inspection[0], State: ended }]) })
    await answer('logs', { out: 'FATAL: no password\n' })
    const said = await prepare(await anExecutor(), confined({ services: [aService('postgres:16')] }))
    expect(said.join('\n')).toContain('postgres:16 has ended')
    expect(said.join('\n')).toContain('FATAL: no password')
  })

  test('of a job without a network reach nothing else either', async () => {
    await answer('container', { out: JSON.stringify(inspection) })
    await prepare(await anExecutor(), confined({ network: false, services: [aService('a:1')] }))
    expect((await calls()).find(call => call.startsWith('network create'))).toContain('--internal')
  })

  test.each([
    ['postgres:16', ['postgres']],
    ['tutum/wordpress:latest', ['tutum-wordpress', 'tutum__wordpress']],
    ['tutum/wordpress@sha256:0123', ['tutum-wordpress', 'tutum__wordpress']],
    ['registry.example/a/b', ['registry.example-a-b', 'registry.example__a__b']],
  ])('of %s are called %j', (image, names) => {
    expect(hostNames(image, [])).toEqual(names)
    expect(hostNames(image, ['db', 'bad name', '--rm'])).toEqual(['db', ...names])
  })
})

describe('the end', () => {
  const job = { attempt: 'att_1', slot: 0 }

  test('a job alone: its container is removed, whatever it does', async () => {
    const executor = await anExecutor()
    await prepare(executor, confined())
    await executor.sweep({ ...job, places }, false)
    expect((await calls()).at(-1)).toBe('rm --force --time 0 --volumes ballast-x-att_1')
  })

  test('an adopted job: all that has its name is removed, and nothing else', async () => {
    const executor = await anExecutor()
    await answer('ps', { out: 'ballast-x-att_1\nballast-x-att_1.1\nballast-x-att_10\nsomebody-elses\n' })
    await executor.sweep({ ...job, places }, false)
    expect(await calls()).toEqual([
      'ps --all --format {{.Names}} --filter label=ballast.runner=ballast-x-',
      'rm --force --time 0 --volumes ballast-x-att_1 ballast-x-att_1.1',
      'network rm ballast-x-att_1',
    ])
  })

  test('a new runner removes what earlier ones left, but for what it adopts', async () => {
    const executor = await anExecutor()
    await answer('ps', { out: 'ballast-x-att_1\nballast-x-att_2\nballast-x-att_2.1\n' })
    await answer('network', { out: 'ballast-x-att_3\n' })
    await executor.sweepOthers?.(new Set(['att_1']))
    const removed = (await calls()).filter(call => /^(rm|network rm)/.test(call))
    expect(removed).toEqual([
      'rm --force --time 0 --volumes ballast-x-att_2 ballast-x-att_2.1',
      'network rm ballast-x-att_2',
      'network rm ballast-x-att_3',
    ])
  })

  test('without root, what docker’s containers wrote is made ours', async () => {
    const executor = await anExecutor('docker', { foreignOwner: { uid: 1000, gid: 1001 } })
    await prepare(executor, confined({ image: { name: 'a:1', pullPolicy: [] } }))
    await executor.sweep({ ...job, places }, false)
    expect((await calls()).at(-1)).toContain(`a:1 -c chown -R "$@" sh 1000:1001 ${places.workspace}`)
  })

  test.each([
    ['SIGTERM', false, /^exec --user 0 ballast-x-att_1 \/bin\/sh -c .*kill -TERM/],
    ['SIGKILL', true, /^exec --user 0 ballast-x-att_1 \/bin\/sh -c .*kill -KILL/],
    ['SIGKILL', false, /^kill --signal KILL ballast-x-att_1$/],
  ] as const)('%s, sparing the script: %s', async (signal, spare, call) => {
    await (await anExecutor()).signal({ ...job, pid: 1 }, signal, spare)
    expect((await calls()).join(' ')).toMatch(call)
  })
})
