import { afterEach, beforeAll, expect, onTestFailed, test } from 'vitest'
import { z } from 'zod'
import { rolloutViewSchema } from '../../src/api/index.ts'
import { type LabelledImage, trafficImages } from '../../src/cli/demo/images.ts'
import { pipelineEnd, pushThrough } from './world/delivery.ts'
import { Installation, ROOT } from './world/installation.ts'
import { describeOutcome, Load } from './world/load.ts'
import { killHard, processesOf } from './world/processes.ts'
import { Repository } from './world/repository.ts'
import { until } from './world/until.ts'

const PER_SECOND = 100
/** More than ever come in this test: the canary holds where it is until a person promotes it. */
const NEVER_ENOUGH = 1_000_000
/** Start, load and warm-up of a small model on a busy machine; requests wait for at most 10 s. */
const BACK_WITHIN_MS = 10_000

let images: readonly LabelledImage[]
let installation: Installation | undefined
let load: Load | undefined

beforeAll(async () => {
  images = await trafficImages(ROOT)
})
afterEach(async () => {
  await load?.stop()
  await installation?.remove()
  load = undefined
  installation = undefined
})

async function start(): Promise<{ made: Installation; repository: Repository }> {
  const made = await Installation.start()
  installation = made
  onTestFailed(async () => console.error(await made.lastWords()))
  const repository = await Repository.create(made, NEVER_ENOUGH)
  const commit = await repository.commit('First')
  await pushThrough(made, repository, commit)
  await pipelineEnd(made, commit)
  load = new Load(made, images)
  load.start(PER_SECOND)
  return { made, repository }
}

/** Processes that serve a version, in the order of their start. */
async function replicas({ folder }: Installation, version: number): Promise<readonly number[]> {
  const found = await processesOf(folder)
  return found
    .filter(({ command }) => command === `ballast replica digits ${version}`)
    .map(({ pid }) => pid)
    .toSorted((a, b) => a - b)
}

/** Kills one and waits for the answers of its successor. */
async function killReplica(made: Installation, version: number, pid: number): Promise<void> {
  const count = (await replicas(made, version)).length
  const answersBefore = load!.outcomes.length
  expect(killHard(pid)).toBe(true)
  await until(
    'the successor of the replica',
    async () => {
      const now = await replicas(made, version)
      return now.length === count && !now.includes(pid) ? true : undefined
    },
    BACK_WITHIN_MS,
  )
  await until(
    'an answer after the kill',
    () => (load!.outcomes.length > answersBefore + PER_SECOND ? true : undefined),
    BACK_WITHIN_MS,
  )
}

async function expectNothingLost(): Promise<void> {
  await load!.stop()
  expect(load!.failures.map(describeOutcome)).toEqual([])
  console.log(`${load!.outcomes.length} predictions, the slowest in ${load!.slowest.toFixed(0)} ms`)
  expect(load!.slowest).toBeLessThan(BACK_WITHIN_MS)
}

test('the only replica of stable, killed three times under load: requests wait for its successor', async () => {
  const { made } = await start()
  for (let kills = 0; kills < 3; kills++) {
    const [pid] = await replicas(made, 1)
    await killReplica(made, 1, pid!)
  }
  await expectNothingLost()
  expect([...new Set(load!.outcomes.map(({ answer }) => answer?.version))]).toEqual(['1'])
  expect(await made.stop()).toEqual([])
})

test('stable, baseline and canary killed in turn while the canary holds: nothing is lost, and it can be promoted', async () => {
  const { made, repository } = await start()
  const [stable] = await replicas(made, 1)
  if (stable === undefined) throw new Error('v1 has no replica')
  const commit = await repository.commit('Second', 'better.onnx')
  // It prints the rollout until a person decides, so it is not waited for.
  const pushing = repository.push()
  const rollout = await until(
    'the canary',
    async () => {
      const all = await made.api.get('/models/digits/rollouts', z.array(rolloutViewSchema))
      return all.find(({ phase, candidate }) => phase === 'progressing' && candidate.number === 2)
    },
    60_000,
  )
  await until(
    'an answer of the canary',
    () => load!.outcomes.find(({ answer }) => answer?.arm === 'canary'),
    BACK_WITHIN_MS,
  )

  const baseline = (await replicas(made, 1)).find(pid => pid !== stable)
  const [canary] = await replicas(made, 2)
  await killReplica(made, 1, stable)
  await killReplica(made, 1, baseline!)
  await killReplica(made, 2, canary!)

  const held = await made.api.get(`/rollouts/${rollout.id}`, rolloutViewSchema)
  expect(held).toMatchObject({ phase: 'progressing', step: 0 })
  const arms = new Set(load!.outcomes.map(({ answer }) => answer?.arm))
  expect([...arms].toSorted()).toEqual(['baseline', 'canary', 'stable'])
  await made.api.tell('POST', `/rollouts/${rollout.id}/promote`, {})
  expect((await pipelineEnd(made, commit)).state).toBe('succeeded')
  await pushing
  await until('an answer of v2', async () => (await load!.one()).version === '2' || undefined, BACK_WITHIN_MS)
  await expectNothingLost()
  expect(await made.stop()).toEqual([])
})
