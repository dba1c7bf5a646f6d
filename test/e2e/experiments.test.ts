/** A/B by a real gateway: callers, answers and labels as they come, from replicas that the test plays. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostReport, RolloutView } from '../../src/api/index.ts'
import { serveFrames } from '../../src/inference/frames/index.ts'
import { freePort } from '../fixtures/free-port.ts'
import { FakeHost, FakeRunner } from '../server/agents.ts'
import { modelFiles, type Repository, startWorld, until, type World } from '../server/world.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const YAML = `model: model.onnx
deploy:
  production:
    strategy: ab
    metric: accuracy
    horizon: 300 requests
    effect: 10%
    traffic: { sticky: { header: X-User } }
    log: { sample: 100% }
`
const USERS = 120

let world: World
let port: number
let gateway: ChildProcess
let runner: FakeRunner
let host: FakeHost
const sockets = new Set<Socket>()
const servers: Server[] = []
/** Of ten numbers, how many each version names rightly; by model and version. */
const skill = new Map<string, number>()
const addresses = new Map<string, string>()

/** Names a number's last digit, wrongly for those that its version has not learnt. */
async function playReplica(model: string, version: number): Promise<string> {
  const replica = serveFrames({
    request: ({ body }, reply) => {
      const { n } = JSON.parse(String(Buffer.concat([body]))) as { n: number }
      const label = n % 10 < skill.get(`${model} ${version}`)! ? `${n % 10}` : 'x'
      const answer = JSON.stringify({ model, version, label, index: 0 })
      reply({ status: 200, headers: 'content-type: application/json\n', body: [Buffer.from(answer)] })
    },
  })
  const path = join(world.folder, `${model}-${version}`)
  replica.server.on('connection', (socket: Socket) => sockets.add(socket))
  replica.server.listen(path)
  servers.push(replica.server)
  await once(replica.server, 'listening')
  return path
}

interface Answered {
  readonly id: string
  readonly arm: string
  readonly n: number
}

async function predict(model: string, user: string, n: number): Promise<Answered> {
  const response = await fetch(`http://127.0.0.1:${port}/v2/models/${model}/predict`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.secret()}`,
      'content-type': 'application/json',
      'x-user': user,
    },
    body: JSON.stringify({ n }),
  })
  expect(response.status).toBe(200)
  await response.arrayBuffer()
  return { id: response.headers.get('ballast-request-id')!, arm: response.headers.get('ballast-arm')!, n }
}

async function tell(answers: readonly Answered[]): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/feedback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.secret()}`, 'content-type': 'application/json' },
    body: JSON.stringify(answers.map(({ id, n }) => ({ id, label: `${n % 10}` }))),
  })
  expect(((await response.json()) as { counts: object }).counts).toEqual({ joined: answers.length })
}

/** Reports everything that is wanted as ready, at the replica that plays its version. */
async function serve(): Promise<void> {
  const { replicas } = await host.wanted()
  const ready: HostReport['replicas'] = replicas.map(({ replica, version, model, versionNumber }) => ({
    replica,
    version,
    phase: 'ready',
    address: { kind: 'unix', path: addresses.get(`${model} ${versionNumber}`)! },
  }))
  await host.report(ready)
}

async function release(model: string, repository: Repository, number: number): Promise<string> {
  addresses.set(`${model} ${number}`, await playReplica(model, number))
  if (number > 1) await repository.commit(`Version ${number}`, { 'note.txt': `${number}` })
  await repository.pushAndLeave()
  await runner.endAll(model, number)
  const rollout = await until(`rollout ${number} of ${model}`, async () =>
    (await world.rollouts(model)).find(({ candidate }) => candidate.number === number),
  )
  await until(`${model} v${number} takes traffic`, async () => {
    await serve()
    return ['progressing', 'promoted'].includes((await see(rollout.id)).phase)
  })
  return rollout.id
}

const see = (id: string) => world.admin<RolloutView>('GET', `/rollouts/${id}`)

beforeAll(async () => {
  port = await freePort()
  world = await startWorld(`http://127.0.0.1:${port}`)
  runner = new FakeRunner(world)
  host = new FakeHost(world)
  const data = ['--data', join(world.folder, 'gateway'), '--name', 'here']
  const args = ['gateway', '--server', world.url, ...data, '--listen', `127.0.0.1:${port}`]
  gateway = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, BALLAST_TOKEN: await world.secret('gateway') },
    stdio: 'ignore',
  })
  await until('the gateway listens', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/health/live`).catch(() => undefined)
    return answer?.status === 200
  })
})
afterAll(async () => {
  if (gateway.exitCode === null && gateway.signalCode === null) {
    const exit = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    await exit
  }
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  await world.stop()
})

test.each([
  {
    model: 'learner',
    skills: [7, 9],
    phase: 'promoted',
    says: /^Promoted at its horizon: accuracy .*, better$/,
  },
  { model: 'forgetter', skills: [9, 7], phase: 'aborted', says: /worse/ },
] as const)('the $model, whose callers stay, is $phase by labels', async ({ model, skills, phase, says }) => {
  for (const [i, each] of skills.entries()) skill.set(`${model} ${i + 1}`, each)
  const repository = await world.repository(model, modelFiles(YAML))
  await release(model, repository, 1)
  const path = `/projects/${model}/policies/production`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  await world.admin('PUT', path, { ...policy, maxFirstStep: 1 })
  const id = await release(model, repository, 2)
  await until('the gateway routes by it', async () => {
    const arms = new Set<string>()
    for (let user = 0; user < 20; user++) arms.add((await predict(model, `probe-${user}`, 0)).arm)
    return arms.has('canary') && arms.has('baseline') && !arms.has('stable')
  })

  const armOf = new Map<string, string>()
  let round = 0
  const ended = await until('the decision', async () => {
    const answers = await Promise.all(
      Array.from({ length: USERS }, (_, user) => predict(model, `user-${user}`, 7 * user + 3 * round)),
    )
    round++
    // Of those who ask while the decision is made, some get what was decided.
    const counted = answers.filter(({ arm }) => arm === 'canary' || arm === 'baseline')
    if (counted.length === answers.length)
      for (const [user, { arm }] of answers.entries()) {
        expect(armOf.get(`user-${user}`) ?? arm).toBe(arm)
        armOf.set(`user-${user}`, arm)
      }
    await tell(answers)
    const rollout = await see(id)
    return rollout.endedAt !== null && rollout
  })
  expect(ended).toMatchObject({ phase, strategy: 'ab' })
  expect(ended.reason).toMatch(says)
  expect([...new Set(armOf.values())].sort()).toEqual(['baseline', 'canary'])
  const serves = phase === 'promoted' ? 2 : 1
  const { body } = await world.call<{ arm: string }>('GET', `/api/v1/models/${model}`, {
    token: await world.secret(),
  })
  expect(body).toMatchObject({ stable: { number: serves } })
})
