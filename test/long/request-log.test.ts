import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Quality } from '../../src/api/index.ts'
import { serveFrames } from '../../src/inference/frames/index.ts'
import { freePort } from '../fixtures/free-port.ts'
import { FakeHost, FakeRunner } from '../server/agents.ts'
import { modelFiles, run, startWorld, until, type World } from '../server/world.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const YAML = `model: model.onnx
deploy:
  production:
    log: { sample: 100%, redact: [user.email] }
`
interface Line {
  readonly id: string
  readonly labels?: readonly { readonly kind: string; readonly value: unknown }[]
}

let world: World
let port: number
const gateways: ChildProcess[] = []
const sockets = new Set<Socket>()
/** A replica that the test plays: it takes odd numbers for odd, and all others for even. */
const replica = serveFrames({
  request: ({ body }, reply) => {
    const { n } = JSON.parse(String(Buffer.concat([body]))) as { n?: number }
    const label = n === undefined || n % 2 === 0 ? 'even' : 'odd'
    const answer = JSON.stringify({ model: 'parity', version: 1, label, index: 0 })
    reply({ status: 200, headers: 'content-type: application/json\n', body: [Buffer.from(answer)] })
  },
})

async function startGateway(name: string, at: number): Promise<ChildProcess> {
  const args = ['gateway', '--server', world.url, '--data', join(world.folder, name), '--name', name]
  const child = spawn(process.execPath, [MAIN, ...args, '--listen', `127.0.0.1:${at}`], {
    env: { ...process.env, BALLAST_TOKEN: await world.secret('gateway') },
    stdio: 'ignore',
  })
  gateways.push(child)
  await until(`${name} answers`, async () => (await predict(0, at).catch(() => undefined))?.id, 60_000)
  return child
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Its id, as the caller learns it; undefined where it was refused. */
async function predict(n: number, at = port, more: object = {}): Promise<{ id: string | undefined }> {
  const response = await fetch(`http://127.0.0.1:${at}/v2/models/parity/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.secret()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ n, ...more }),
  })
  await response.arrayBuffer()
  return { id: response.ok ? (response.headers.get('ballast-request-id') ?? undefined) : undefined }
}

async function ballast(args: readonly string[], token?: string) {
  const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: token ?? (await world.secret()) }
  return run(process.execPath, [MAIN, ...args], world.folder, env)
}

async function exported(...options: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await ballast(['requests', 'export', 'parity', ...options])
  expect([code, stderr]).toEqual([0, ''])
  return stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Line]))
}

async function tell(lines: readonly object[], ...options: readonly string[]): Promise<object> {
  const file = join(world.folder, 'labels.jsonl')
  await writeFile(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const { code, stdout, stderr } = await ballast(['feedback', file, '--json', ...options])
  expect([code, stderr]).toEqual([0, ''])
  return (JSON.parse(stdout) as { counts: object }).counts
}

beforeAll(async () => {
  port = await freePort()
  world = await startWorld(`http://127.0.0.1:${port}`)
  const path = join(world.folder, 'replica')
  replica.server.on('connection', (socket: Socket) => sockets.add(socket))
  replica.server.listen(path)
  await once(replica.server, 'listening')
  const repository = await world.repository('parity', modelFiles(YAML))
  await repository.pushAndLeave()
  await new FakeRunner(world).endAll('parity', 1)
  const host = new FakeHost(world)
  await until('version 1 serves', async () => {
    const { replicas } = await host.wanted()
    const address = { kind: 'unix', path } as const
    await host.report(replicas.map(({ replica, version }) => ({ replica, version, phase: 'ready', address })))
    return (await world.rollouts('parity')).some(({ phase }) => phase === 'promoted')
  })
  await startGateway('here', port)
})
afterAll(async () => {
  for (const child of gateways) await kill(child, 'SIGTERM')
  for (const socket of sockets) socket.destroy()
  replica.server.close()
  await world.stop()
})

test('a request is logged without what is redacted, labelled by its id, and exported with its label', async () => {
  const ids: (string | undefined)[] = []
  for (const n of [1, 2, 3]) {
    ids.push((await predict(n, port, { user: { email: 'ada@example.org', name: 'Ada' } })).id)
  }
  const [one, two, three] = ids
  expect(
    await tell([
      { id: one, label: 'odd' },
      { id: two, label: 'odd' },
      { id: three, reward: 2 },
    ]),
  ).toEqual({
    joined: 3,
  })
  expect(
    await tell([
      { id: one, label: 'odd' },
      { id: two, label: 'even' },
    ]),
  ).toEqual({
    repeated: 1,
    conflicting: 1,
  })
  const lines = await exported('--labelled')
  expect(lines).toMatchObject([
    {
      ...{ id: one, version: 1, arm: 'stable', status: 200, decided: [{ label: 'odd', index: 0 }] },
      request: { json: { n: 1, user: { name: 'Ada' } } },
      labels: [{ kind: 'label', value: 'odd' }],
    },
    { id: two, labels: [{ kind: 'label', value: 'odd' }] },
    { id: three, labels: [{ kind: 'reward', value: 2 }] },
  ])
  const all = JSON.stringify(await exported())
  for (const secret of ['ada@example.org', await world.secret()]) expect(all).not.toContain(secret)
  const { stdout } = await ballast(['requests', 'quality', 'parity', '--json'])
  expect((JSON.parse(stdout) as Quality).arms).toMatchObject([
    { arm: 'stable', labelled: 2, correct: 1, wrong: 1, rewards: { count: 1, sum: 2 } },
  ])
})

test('only maintainers export, by a token for it, and each export is written down', async () => {
  const developer = await world.person('dora', 'developer', 'parity', ['read', 'push', 'deploy'])
  const maintainer = await world.person('max', 'maintainer', 'parity', ['read', 'deploy'])
  const reading = await world.token(['read', 'predict'], { principal: 'max' })
  for (const token of [developer, reading]) {
    const refused = await ballast(['requests', 'export', 'parity'], token)
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      expect.stringContaining('FORBIDDEN'),
    ])
  }
  const taken = await ballast(['requests', 'export', 'parity', '--since', '1h', '--version', '1'], maintainer)
  expect(taken.code).toBe(0)
  const audit = await readFile(join(world.folder, 'data', 'request-exports.jsonl'), 'utf8')
  const last = JSON.parse(audit.trim().split('\n').at(-1)!) as object
  expect(last).toMatchObject({ by: 'max', model: 'parity', version: 1, since: expect.any(Number) })
  expect(audit).not.toContain('dora')
})

test('requests are followed as they come', async () => {
  const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
  const tail = spawn(process.execPath, [MAIN, 'requests', 'tail', 'parity'], { env })
  let seen = ''
  tail.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
  })
  const id = await until('a request is followed', async () => {
    const { id } = await predict(7)
    return id !== undefined && seen !== '' && id
  })
  await until('the last one too', async () => seen.includes(id))
  expect(seen).toMatch(/^\S+Z {2}production {2}v1 {2}stable {2}200 {2}\S+ \S+ {2}\S+ {2}odd$/m)
  await kill(tail, 'SIGTERM')
})

test('what another gateway was told counts where the request is known', async () => {
  const other = await freePort()
  const second = await startGateway('there', other)
  const { id } = await predict(5)
  const url = `http://127.0.0.1:${other}`
  const token = await world.secret()
  expect(await tell([{ id, label: 'odd' }], '--url', url, '--token', token)).toEqual({ waiting: 1 })
  await until('it is joined', async () => (await exported('--labelled')).some(line => line.id === id))
  await kill(second, 'SIGTERM')
})

test('a gateway that is killed loses nothing that it had written, and goes on', async () => {
  const { id } = await predict(9)
  await until('it is written', async () => (await exported()).some(line => line.id === id))
  const before = (await exported()).map(line => line.id)
  let isOver = false
  const load = Promise.all(
    [0, 1, 2, 3].map(async () => {
      while (!isOver) await predict(4, port, { text: 'x'.repeat(5000) }).catch(() => undefined)
    }),
  )
  await until('it writes', async () => (await exported()).length > before.length + 50)
  await kill(gateways[0]!, 'SIGKILL')
  isOver = true
  await load
  await startGateway('here', port)
  const after = (await exported()).map(line => line.id)
  expect(after.slice(0, before.length)).toEqual(before)
  expect(after.length).toBeGreaterThan(before.length + 50)
  expect(await tell([{ id, label: 'odd' }])).toEqual({ joined: 1 })
})

test('an export without gateways says that it is none', async () => {
  for (const child of gateways) await kill(child, 'SIGTERM')
  const answer = await until('the server has seen it', async () => {
    const ran = await ballast(['requests', 'export', 'parity'])
    return ran.code === 1 && ran
  })
  expect(answer.stderr).toContain('EXPORT_INCOMPLETE')
})
