import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RolloutView } from '../../src/api/index.ts'
import { FakeGateway, FakeHost, FakeRunner } from '../server/agents.ts'
import { modelFiles, startWorld, until, type World } from '../server/world.ts'

let world: World
let runner: FakeRunner
let host: FakeHost
let eu: FakeGateway
let us: FakeGateway
let nowhere: FakeGateway

beforeAll(async () => {
  world = await startWorld()
  runner = new FakeRunner(world)
  host = new FakeHost(world)
  eu = new FakeGateway(world, 'epoch-eu', 'eu')
  us = new FakeGateway(world, 'epoch-us', 'us')
  nowhere = new FakeGateway(world, 'epoch-nowhere')
})
afterAll(() => world.stop())

const YAML = 'model: model.onnx\ndeploy:\n  production: { steps: [10%], waves: [eu, [us, asia]] }\n'

const see = (id: string) => world.admin<RolloutView>('GET', `/rollouts/${id}`)
const phase = (name: string, number: number, wanted: RolloutView['phase']) =>
  host.serveUntil(`v${number} of ${name} ${wanted}`, async () =>
    (await world.rollouts(name)).find(
      rollout => rollout.candidate.number === number && rollout.phase === wanted,
    ),
  )
const post = async (path: string) =>
  world.call<RolloutView>('POST', `/api/v1${path}`, { token: await world.secret(), body: {} })
const weights = async (name: string) => ({
  eu: await eu.weights(name),
  us: await us.weights(name),
  nowhere: await nowhere.weights(name),
})
/** Healthy traffic at a step, look by look, until it goes on. */
async function goesOn(gateway: FakeGateway, id: string, step: number): Promise<RolloutView> {
  let requests = 0
  return until(`the end of step ${step}`, async () => {
    requests += 200
    await gateway.count(id, step, requests)
    await host.ready()
    const rollout = await see(id)
    return (rollout.step !== step || rollout.endedAt !== null) && rollout
  })
}

async function aCanary(name: string): Promise<string> {
  const repository = await world.repository(name, modelFiles(YAML))
  await repository.pushAndLeave()
  await runner.endAll(name, 1)
  await phase(name, 1, 'promoted')
  await repository.commit('Version 2', { 'note.txt': '2' })
  await repository.pushAndLeave()
  await runner.endAll(name, 2)
  return (await phase(name, 2, 'progressing')).id
}

const CANARY = { 'stable v1': 0.8, 'baseline v1': 0.1, 'canary v2': 0.1 }
const STABLE = { 'stable v1': 1 }

test('each wave takes the steps by its own evidence, while those before have gone over and those behind wait', async () => {
  const id = await aCanary('waves')
  const first = await see(id)
  expect(first.steps.map(({ regions }) => regions)).toStrictEqual([['eu'], ['us', 'asia']])
  expect(first.history.at(-1)?.reason).toMatch(/^Wave 1 of 2 \(eu\); /)
  expect(await weights('waves')).toStrictEqual({ eu: CANARY, us: STABLE, nowhere: STABLE })

  const second = await goesOn(eu, id, 0)
  expect(second).toMatchObject({ phase: 'progressing', step: 1 })
  expect(second.history.at(-1)?.reason).toMatch(/^Wave 2 of 2 \(us, asia\); /)
  const gone = { 'stable v1': 0, 'canary v2': 1 }
  expect(await weights('waves')).toStrictEqual({ eu: gone, us: CANARY, nowhere: CANARY })
  await world.restart()
  await host.ready()
  await until('the table', async () => (await eu.table()) !== undefined)
  expect(await weights('waves')).toStrictEqual({ eu: gone, us: CANARY, nowhere: CANARY })

  expect((await goesOn(us, id, 1)).phase).toBe('promoted')
  const promoted = { 'stable v2': 1 }
  expect(await weights('waves')).toStrictEqual({ eu: promoted, us: promoted, nowhere: promoted })
})

test('what the second wave finds out takes the first one back too', async () => {
  const id = await aCanary('back')
  await goesOn(eu, id, 0)
  let requests = 0
  await until('the rollback', async () => {
    requests += 200
    await us.count(id, 1, requests, { canary: requests / 2 })
    return (await see(id)).phase === 'aborted'
  })
  expect(await weights('back')).toStrictEqual({ eu: STABLE, us: STABLE, nowhere: STABLE })
})

test('an abort between two waves takes all back', async () => {
  const id = await aCanary('abort')
  await goesOn(eu, id, 0)
  await post(`/rollouts/${id}/abort`)
  expect(await weights('abort')).toStrictEqual({ eu: STABLE, us: STABLE, nowhere: STABLE })
})
