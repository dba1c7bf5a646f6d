import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, onTestFailed, test } from 'vitest'
import { type LabelledImage, trafficImages } from '../../src/cli/demo/images.ts'
import { BOUNDARIES, type Boundary } from '../../src/core/boundary.ts'
import { expectDelivered, pipelineEnd, pushThrough } from './world/delivery.ts'
import { Installation, ROOT } from './world/installation.ts'
import { describeOutcome, Load } from './world/load.ts'
import { Repository } from './world/repository.ts'
import { until } from './world/until.ts'

const PER_SECOND = 60

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

const markerIn = (folder: string) => join(folder, 'armed', 'kill')

/** A Ballast whose server dies at the boundary as soon as the folder of the marker is there. */
async function startDoomed(boundary: Boundary): Promise<Installation> {
  const made = await Installation.start(folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }))
  installation = made
  onTestFailed(async () => console.error(await made.lastWords()))
  return made
}

async function deliver(made: Installation, repository: Repository, number: number, candidate?: string) {
  const commit = await repository.commit(`Delivery ${number}`, candidate)
  await pushThrough(made, repository, commit)
  await pipelineEnd(made, commit)
  return commit
}

test.each(BOUNDARIES)('a server killed at %s goes on where it stood', async boundary => {
  const made = await startDoomed(boundary)
  const repository = await Repository.create(made)
  await deliver(made, repository, 1)
  const before = await made.pids()

  load = new Load(made, images)
  load.start(PER_SECOND)
  await mkdir(join(made.folder, 'armed'))
  const commit = await deliver(made, repository, 2, 'better.onnx')

  expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
  const after = await made.pids()
  expect(after.server).not.toBe(before.server)
  expect({ ...after, server: 0 }).toEqual({ ...before, server: 0 })
  await expectDelivered(made, commit, 2, { lostAttempts: boundary === 'job-claimed' ? 1 : 0 })
  await until('an answer of v2', async () => (await load!.one()).version === '2' || undefined, 10_000)
  await load.stop()
  expect(load.failures.map(describeOutcome)).toEqual([])
  expect(await made.stop()).toEqual([])
})

/**
 * A claim that no runner heard of costs its lease of 20 s and one of three tries, a push that is cut off costs the
 * person another: two kills each. The others cost a restart, after a pause that grows with every death.
 */
function mostKills(boundary: Boundary): number {
  return boundary === 'job-claimed' || boundary === 'push-journalled' ? 2 : 6
}

test.each(BOUNDARIES)(
  'a server killed each time that it comes to %s still comes to the end',
  async boundary => {
    const made = await startDoomed(boundary)
    const marker = markerIn(made.folder)
    await mkdir(join(made.folder, 'armed'))
    let kills = 0
    const rearming = setInterval(() => {
      if (kills + 1 >= mostKills(boundary) || !existsSync(marker)) return
      void rename(marker, `${marker}-${++kills}`)
    }, 5)
    try {
      const repository = await Repository.create(made)
      await deliver(made, repository, 1)
      load = new Load(made, images)
      load.start(PER_SECOND)
      const commit = await deliver(made, repository, 2, 'better.onnx')
      if (existsSync(marker)) kills++
      console.log(`${boundary}: killed ${kills} times`)
      expect(kills, 'kills').toBeGreaterThanOrEqual(2)
      await made.pids()
      await expectDelivered(made, commit, 2, { lostAttempts: boundary === 'job-claimed' ? kills : 0 })
      await until('an answer of v2', async () => (await load!.one()).version === '2' || undefined, 10_000)
      await load.stop()
      expect(load.failures.map(describeOutcome)).toEqual([])
      expect(await made.stop()).toEqual([])
    } finally {
      clearInterval(rearming)
    }
  },
)
