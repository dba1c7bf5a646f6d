import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Disagreements, RolloutView } from '../../src/api/index.ts'
import { type Reply, serveFrames } from '../../src/inference/frames/index.ts'
import { freePort } from '../fixtures/free-port.ts'
import { FakeHost, FakeRunner } from '../server/agents.ts'
import { modelFiles, type Repository, run, startWorld, until, type World } from '../server/world.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const configOf = (analysis = '') => `model: model.onnx
deploy:
  production:
    steps: [shadow, 25%]
    analysis: { errors: 5%, latency: 1000%, min_requests: 50${analysis} }
    log: { sample: 100%, redact: [user] }
`

/** What a version answers to a number; undefined: it fails. */
type Answering = (n: number) => string | undefined
const digit: Answering = n => `${n % 10}`
/** Takes threes for eights and eights for threes. */
const swapping: Answering = n => ({ 3: '8', 8: '3' })[n % 10] ?? digit(n)

interface Played {
  readonly path: string
  answer: Answering
  asked: number
}

let world: World
let port: number
let gateway: ChildProcess
let host: FakeHost
const replicas = new Map<number, Played>()
const closing: (() => void)[] = []

/** The replicas of a version, all on one socket of the test's. */
async function play(version: number, answer: Answering): Promise<Played> {
  const played: Played = { path: join(world.folder, `v${version}`), answer, asked: 0 }
  const frames = serveFrames({
    request: ({ body }, reply) => {
      played.asked++
      const { n = 0 } = JSON.parse(String(body)) as { n?: number }
      reply(answered(version, played.answer(n)))
    },
  })
  const sockets = new Set<Socket>()
  frames.server.on('connection', (socket: Socket) => sockets.add(socket))
  frames.server.listen(played.path)
  await once(frames.server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    frames.server.close()
  })
  replicas.set(version, played)
  return played
}

function answered(version: number, label: string | undefined): Reply {
  const headers = 'content-type: application/json\n'
  const told = label === undefined ? { error: 'no' } : { model: 'digits', version, label, index: 0 }
  return { status: label === undefined ? 500 : 200, headers, body: [Buffer.from(JSON.stringify(told))] }
}

/** Reports all that is wanted as ready, on its version's socket. */
async function serve(): Promise<void> {
  const wanted = (await host.wanted()).replicas
  await host.report(
    wanted.flatMap(({ replica, version, versionNumber }) => {
      const path = replicas.get(versionNumber)?.path
      return path
        ? { replica, version, phase: 'ready' as const, address: { kind: 'unix' as const, path } }
        : []
    }),
  )
}

interface Answered {
  readonly id: string | null
  readonly n: number
  readonly status: number
  readonly version: string | null
  readonly label: string | undefined
}

async function predict(n: number): Promise<Answered> {
  const response = await fetch(`http://127.0.0.1:${port}/v2/models/digits/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.secret()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ n, user: 'ada@example.org' }),
  })
  const { label } = (await response.json()) as { label?: string }
  const { headers, status } = response
  const id = headers.get('ballast-request-id')
  return { id, n, status, version: headers.get('ballast-model-version'), label }
}

const see = (id: string) => world.admin<RolloutView>('GET', `/rollouts/${id}`)

async function release(
  repository: Repository,
  number: number,
  answer: Answering,
  analysis?: string,
): Promise<RolloutView> {
  await play(number, answer)
  const files = { 'note.txt': `${number}`, 'ballast.yaml': configOf(analysis) }
  if (number > 1) await repository.commit(`Version ${number}`, files)
  await repository.pushAndLeave()
  await new FakeRunner(world).endAll('digits', number)
  return until(`rollout ${number}`, async () => {
    await serve()
    const found = (await world.rollouts('digits')).find(({ candidate }) => candidate.number === number)
    return found && found.phase !== 'queued' && found.phase !== 'preparing' && found
  })
}

/** What was right, told of answers a little later. */
async function tell(answers: readonly Answered[]): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/feedback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.secret()}`, 'content-type': 'application/json' },
    body: JSON.stringify(answers.map(({ id, n }) => ({ id, label: digit(n) }))),
  })
  expect(response.status).toBe(200)
}

/** Live traffic until `done`; everything that callers got. */
async function under(
  done: (rollout: RolloutView) => boolean,
  id: string,
  { labelled = false } = {},
): Promise<readonly Answered[]> {
  const got: Answered[] = []
  await until(
    'the end under traffic',
    async () => {
      const some = Array.from({ length: 10 }, (_, i) => predict(got.length + i))
      const answers = await Promise.all(some)
      got.push(...answers)
      if (labelled) await tell(answers)
      await serve()
      return done(await see(id))
    },
    120_000,
  )
  return got
}

const isRight = ({ status, label, n }: Answered) => status === 200 && label === digit(n)
const versionsOf = (got: readonly Answered[]) => [...new Set(got.map(({ version }) => version))].sort()

beforeAll(async () => {
  port = await freePort()
  world = await startWorld(`http://127.0.0.1:${port}`)
  host = new FakeHost(world)
  const args = ['gateway', '--server', world.url, '--data', join(world.folder, 'here'), '--name', 'here']
  gateway = spawn(process.execPath, [MAIN, ...args, '--listen', `127.0.0.1:${port}`], {
    env: { ...process.env, BALLAST_TOKEN: await world.secret('gateway') },
    stdio: 'ignore',
  })
})
afterAll(async () => {
  const exit = once(gateway, 'exit')
  gateway.kill('SIGTERM')
  await exit
  for (const close of closing) close()
  await world.stop()
})

describe('a shadow under live traffic', () => {
  let repository: Repository

  test('gets what stable gets, and answers nobody; then the canary begins, and is promoted', async () => {
    repository = await world.repository('digits', modelFiles(configOf()))
    await release(repository, 1, digit)
    await until('the gateway answers', async () => (await predict(0).catch(() => undefined))?.status === 200)
    const { id } = await release(repository, 2, digit)
    const inShadow = await under(({ step }) => step > 0, id)
    // The step may end while a last round is answered.
    const surely = inShadow.slice(0, -20)
    expect(surely.length).toBeGreaterThan(40)
    expect(versionsOf(surely)).toEqual(['1'])
    expect(replicas.get(2)!.asked).toBeGreaterThan(40)
    const { history } = await see(id)
    expect(history.map(({ weight }) => weight)).toEqual([0, 0, 0.25])

    const inCanary = await under(({ phase }) => phase === 'promoted', id)
    expect(versionsOf(inCanary)).toEqual(['1', '2'])
    expect([...inShadow, ...inCanary].every(({ status }) => status === 200)).toBe(true)
    expect((await predict(7)).version).toBe('2')
  })

  test('that fails is ended by its pairs, and no caller ever saw it', async () => {
    const { id } = await release(repository, 3, n => (n % 3 === 0 ? undefined : digit(n)))
    const got = await under(({ endedAt }) => endedAt !== null, id)
    expect(await see(id)).toMatchObject({
      phase: 'aborted',
      reason: expect.stringMatching(/^errors 3\d(\.\d+)? % vs 0 % at baseline/),
    })
    expect(versionsOf(got)).toEqual(['2'])
    expect(got.every(isRight)).toBe(true)
    const asked = replicas.get(3)!.asked
    await predict(1)
    expect(replicas.get(3)!.asked).toBe(asked)
  })

  test('what it failed at can be looked at, without what the log redacts, and who looks is written down', async () => {
    const [{ id } = { id: '' }] = await world.rollouts('digits')
    const { disagreements, gateways } = await world.admin<Disagreements>(
      'GET',
      `/rollouts/${id}/disagreements`,
    )
    expect(gateways).toEqual([{ gateway: 'here', records: disagreements.length, whole: true }])
    expect(disagreements.length).toBeGreaterThan(0)
    for (const { stable, candidate, input } of disagreements) {
      expect([stable.status, candidate.status]).toEqual([200, 500])
      const { n } = input!.json as { n: number }
      expect(n % 3).toBe(0)
      expect(stable.decided).toEqual([{ label: digit(n), index: 0 }])
    }
    expect(JSON.stringify(disagreements)).not.toContain('ada@example.org')

    const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
    const shown = await run(process.execPath, [MAIN, 'rollout', 'disagreements', id], world.folder, env)
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout.split('\n')[0]).toMatch(
      /stable \d \(.*\), candidate failed with 500 {2}\{"n":\d+,"user":"\[redacted\]"\}$/,
    )
    const audit = await readFile(join(world.folder, 'data', 'request-exports.jsonl'), 'utf8')
    expect(
      audit
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).rollout),
    ).toEqual([id, id])
    const developer = await world.person('dev', 'developer', 'digits', ['read', 'push', 'deploy'])
    const refused = await world.call('GET', `/api/v1/rollouts/${id}/disagreements`, { token: developer })
    expect(refused.status).toBe(403)
  })

  test.each([
    [4, 'by what it decides otherwise', { agreement: '5%' }, /^disagreement (1|2)\d(\.\d+)? %/],
    [5, 'by labels of both answers', { accuracy: '5%' }, /^wrong_in_pairs /],
  ] as const)(
    'that swaps two labels (v%i) is ended %s, and no caller ever saw it',
    async (number, _, analysis, reason) => {
      const asked = Object.entries(analysis).map(([name, margin]) => `, ${name}: ${margin}`)
      const { id } = await release(repository, number, swapping, asked.join(''))
      const got = await under(({ endedAt }) => endedAt !== null, id, { labelled: 'accuracy' in analysis })
      expect(await see(id)).toMatchObject({ phase: 'aborted', reason: expect.stringMatching(reason) })
      expect(versionsOf(got)).toEqual(['2'])
      expect(got.every(isRight)).toBe(true)
      const { disagreements } = await world.admin<Disagreements>('GET', `/rollouts/${id}/disagreements`)
      const swapped = disagreements.map(({ stable, candidate }) =>
        [stable, candidate].map(({ decided }) => decided?.[0]?.label).sort(),
      )
      expect(swapped.length).toBeGreaterThan(0)
      expect(new Set(swapped.map(pair => pair.join()))).toEqual(new Set(['3,8']))
    },
  )
})
