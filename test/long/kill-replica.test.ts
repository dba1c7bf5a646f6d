import { expect, test } from 'vitest'
import { pipelineEnd } from './world/delivery.ts'
import type { Installation } from './world/installation.ts'
import { killHard, processesOf } from './world/processes.ts'
import { canaryOf } from './world/rollout.ts'
import { until } from './world/until.ts'
import { deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 100
/** More than ever come: the canary holds where it is until a person promotes it. */
const NEVER_ENOUGH = 1_000_000
/** Start, load and warm-up of a small model on a busy machine; requests wait for at most 10 s. */
const BACK_WITHIN_MS = 10_000

const aWorld = worlds()

/** Processes that serve a version, in the order of their start. */
async function replicas({ folder }: Installation, version: number): Promise<readonly number[]> {
  const found = await processesOf(folder)
  return found
    .filter(({ command }) => command === `ballast replica digits ${version}`)
    .map(({ pid }) => pid)
    .toSorted((a, b) => a - b)
}

/** Kills one, waits for its successor and for a second of answers. */
async function killReplica({ made, load }: World, version: number, pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error(`v${version} has no such replica`)
  const count = (await replicas(made, version)).length
  const answersBefore = load.outcomes.length
  expect(killHard(pid)).toBe(true)
  await until(
    'the successor of the replica',
    async () => {
      const now = await replicas(made, version)
      return (now.length === count && !now.includes(pid)) || undefined
    },
    BACK_WITHIN_MS,
  )
  await until(
    'answers after the kill',
    () => load.outcomes.length > answersBefore + PER_SECOND || undefined,
    BACK_WITHIN_MS,
  )
}

function expectSwift({ load }: World): void {
  console.log(`${load.outcomes.length} predictions, the slowest in ${load.slowest.toFixed(0)} ms`)
  expect(load.slowest).toBeLessThan(BACK_WITHIN_MS)
}

test('the only replica of stable, killed three times under load: requests wait for its successor', async () => {
  const world = await aWorld()
  await deliverFirst(world, PER_SECOND)
  for (let kills = 0; kills < 3; kills++) {
    const [pid] = await replicas(world.made, 1)
    await killReplica(world, 1, pid)
  }
  await expectGoodEnd(world)
  expectSwift(world)
  expect([...new Set(world.load.outcomes.map(({ answer }) => answer?.version))]).toEqual(['1'])
})

test('stable, baseline and canary killed in turn: nothing is lost, and the canary can be promoted', async () => {
  const world = await aWorld({ minRequests: NEVER_ENOUGH })
  const { made, repository, load } = world
  await deliverFirst(world, PER_SECOND)
  const [stable] = await replicas(made, 1)
  const commit = await repository.commit('Second', 'better.onnx')
  // It shows the rollout until a person decides, so it is not waited for.
  const pushing = repository.push()
  const { id } = await canaryOf(world, 2)

  const baseline = (await replicas(made, 1)).find(pid => pid !== stable)
  const [canary] = await replicas(made, 2)
  await killReplica(world, 1, stable)
  await killReplica(world, 1, baseline)
  await killReplica(world, 2, canary)

  expect(await canaryOf(world, 2)).toMatchObject({ id, step: 0 })
  const arms = new Set(load.outcomes.map(({ answer }) => answer?.arm))
  expect([...arms].toSorted()).toEqual(['baseline', 'canary', 'stable'])
  await made.api.tell('POST', `/rollouts/${id}/promote`, {})
  expect((await pipelineEnd(made, commit)).state).toBe('succeeded')
  await pushing
  await served(world, 2)
  await expectGoodEnd(world)
  expectSwift(world)
})
