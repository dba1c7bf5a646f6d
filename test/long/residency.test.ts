import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { HostReport, RoutingTable, WantedReplica } from '../../src/api/index.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { type Answer, json, ServingWorld } from '../fixtures/serving-world.ts'

const world = new ServingWorld()
const mlp = writeMlp(4, 8, 3)
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })
const IDLE_MS = 300

beforeAll(() => world.start())
afterAll(() => world.stop())
afterEach(async () => {
  world.plane.want([])
  await world.until(() => world.plane.hostReport!.replicas.every(({ phase }) => phase === 'ended'))
})

function aReplica(model: string, more: Partial<WantedReplica> = {}): WantedReplica {
  return {
    replica: `rep_${model}`,
    version: `ver_${model}`,
    versionNumber: 1,
    model,
    config: { name: model, task: 'classification', labels: [], preprocess: [] },
    files: [world.plane.addBlob('model.onnx', mlp)],
    ...more,
  }
}

function aRoute(model: string): RoutingTable['routes'][number] {
  return {
    model,
    environment: 'production',
    project: 'prj_1',
    predictions: 'public',
    control: true,
    arms: [{ ...world.arm('stable', 1, 1, [`rep_${model}`]), version: `ver_${model}` }],
    standby: [],
  }
}

const phaseOf = (model: string): HostReport['replicas'][number]['phase'] | undefined =>
  world.replica(`rep_${model}`)?.phase

const infer = (model: string): Promise<Answer> => world.call(`/v2/models/${model}/infer`, BODY)

function many(model: string, count: number): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: count }, () => infer(model)))
}

const statuses = (answers: readonly Answer[]) => [
  ...new Set(answers.map(({ status, body }) => (status === 200 ? 200 : String(body)))),
]

async function restartHost(...more: string[]): Promise<void> {
  await world.end('host', 'SIGKILL')
  world.startHost(...more)
}

test('an idle model gives its memory back, and requests wait while it comes: none is lost', async () => {
  await world.serve([aReplica('sleepy', { serving: { idleMs: IDLE_MS } })])
  const { pid } = world.replica('rep_sleepy')!
  await world.route([aRoute('sleepy')])
  const [before] = await many('sleepy', 1)
  expect(before).toMatchObject({ status: 200 })
  for (let round = 0; round < 2; round++) {
    await world.until(() => phaseOf('sleepy') === 'parked')
    expect(() => process.kill(pid!, 0)).toThrow()
    // What is known of it wakes nobody.
    expect(json(await world.call('/v2/models/sleepy'))).toMatchObject({ name: 'sleepy' })
    expect(await world.call('/v2/models/sleepy/ready')).toMatchObject({ status: 200 })
    expect(phaseOf('sleepy')).toBe('parked')
    const answers = await many('sleepy', 40)
    expect(statuses(answers)).toEqual([200])
    expect(json(answers[0]!).outputs).toEqual(json(before!).outputs)
  }
})

test('a caller unloads and loads a model where its route lets callers', async () => {
  await world.serve([aReplica('called')])
  await world.route([aRoute('called')])
  expect(await world.call('/v2/repository/models/called/unload', '{}')).toMatchObject({ status: 200 })
  await world.until(() => phaseOf('called') === 'parked')
  expect(await world.call('/v2/repository/models/called/load', '{}')).toMatchObject({ status: 200 })
  await world.until(() => phaseOf('called') === 'ready')
  expect(await infer('called')).toMatchObject({ status: 200 })
})

test('whenever the host is killed, the next one finds the right end', async () => {
  const serving = { idleMs: IDLE_MS }
  await world.serve([aReplica('tough', { serving })])
  await world.route([aRoute('tough')])
  // Asleep.
  await world.until(() => phaseOf('tough') === 'parked')
  await restartHost()
  expect(statuses(await many('tough', 5))).toEqual([200])
  // Waking: the request is on its way to the first host when it is killed.
  await world.until(() => phaseOf('tough') === 'parked')
  const held = many('tough', 5)
  await world.until(() => world.replica('rep_tough')?.pid !== undefined)
  await restartHost()
  expect(statuses(await held)).toEqual([200])
  // Falling asleep: the replica is told, and its host is killed before it hears of the end.
  await world.until(() => phaseOf('tough') === 'ready')
  await world.call('/v2/repository/models/tough/unload', '{}')
  await restartHost()
  expect(statuses(await many('tough', 5))).toEqual([200])
  await world.until(() => phaseOf('tough') === 'parked')
})

test('two models within memory for one take turns', async () => {
  await restartHost('--memory', '110MiB')
  await world.serve([aReplica('one')])
  world.plane.want([aReplica('one'), aReplica('two')])
  await world.until(() => phaseOf('one') === 'parked' && phaseOf('two') === 'ready')
  await world.route([aRoute('one'), aRoute('two')])
  for (const [model, other] of [
    ['one', 'two'],
    ['two', 'one'],
  ] as const) {
    expect(statuses(await many(model, 10))).toEqual([200])
    await world.until(() => phaseOf(model) === 'ready' && phaseOf(other) === 'parked')
  }
  await restartHost()
})
