import { expect, test } from 'vitest'
import { expectDelivered, pipelineEnd } from './world/delivery.ts'
import { ROLES } from './world/installation.ts'
import { killHard, processesOf } from './world/processes.ts'
import { canaryOf } from './world/rollout.ts'
import { until } from './world/until.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 60
/** More than ever come: the canary holds until a person promotes it. */
const NEVER_ENOUGH = 1_000_000
/** Gateways take a canary back after 10 s without a word. */
const TAKEN_BACK_WITHIN_MS = 20_000

const aWorld = worlds()

test('without `ballast up` a whole delivery goes through; the next one adopts every process', async () => {
  const world = await aWorld()
  const { made } = world
  await deliverFirst(world, PER_SECOND)
  const before = await made.pids()
  await made.killUp()
  const commit = await deliver(world, 2, 'better.onnx')
  expect(await made.up()).toEqual(before)
  expect(made.said.filter(line => line.includes('runs already'))).toHaveLength(ROLES.length)
  await expectDelivered(made, commit, 2, { lostAttempts: 0 })
  await served(world, 2)
  await expectGoodEnd(world)
})

/** v1 is stable, v2 is a canary that holds; `push` ends with its rollout. */
async function aHeldCanary(): Promise<{
  world: World
  commit: string
  rollout: string
  push: Promise<unknown>
}> {
  const world = await aWorld({ minRequests: NEVER_ENOUGH })
  await deliverFirst(world, PER_SECOND)
  const commit = await world.repository.commit('Second', 'better.onnx')
  const push = world.repository.push()
  const { id } = await canaryOf(world, 2)
  return { world, commit, rollout: id, push }
}

test('with nobody to start the server again, stable takes the canary back; then the rollout goes on', async () => {
  const { world, commit, rollout, push } = await aHeldCanary()
  const { made, load } = world
  const before = await made.pids()
  await made.killUp()
  killHard(before.server)
  await until(
    'stable to have all of the last requests',
    () => load.outcomes.slice(-2 * PER_SECOND).every(({ answer }) => answer?.arm === 'stable') || undefined,
    TAKEN_BACK_WITHIN_MS,
  )
  const after = await made.up()
  expect({ ...after, server: 0 }).toEqual({ ...before, server: 0 })
  expect(after['server']).not.toBe(before.server)
  expect((await canaryOf(world, 2)).id).toBe(rollout)
  await made.api.tell('POST', `/rollouts/${rollout}/promote`, {})
  await push
  await pipelineEnd(made, commit)
  await expectDelivered(made, commit, 2, { lostAttempts: 0 })
  await served(world, 2)
  await expectGoodEnd(world)
})

test('a power cut in the middle of a rollout: the next `ballast up` goes on with it', async () => {
  const { world, commit, rollout, push } = await aHeldCanary()
  const { made, load } = world
  await load.pause()
  await made.killUp()
  await until(
    'the end of everything',
    async () => {
      const left = await processesOf(made.state)
      for (const { pid } of left) killHard(pid)
      return left.length === 0 || undefined
    },
    20_000,
  )
  await push
  await made.up()
  await served(world, 1)
  load.start(PER_SECOND)
  expect((await canaryOf(world, 2)).id).toBe(rollout)
  await made.api.tell('POST', `/rollouts/${rollout}/promote`, {})
  await pipelineEnd(made, commit)
  await expectDelivered(made, commit, 2, { lostAttempts: 0 })
  await served(world, 2)
  await expectGoodEnd(world)
})
