import { existsSync, renameSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BOUNDARIES, type Boundary } from '../../src/core/boundary.ts'
import { expectDelivered } from './world/delivery.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 60

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

/** A Ballast whose server dies at the boundary as soon as the folder of the marker is there. */
function aDoomedWorld(boundary: Boundary): Promise<World> {
  return aWorld({ env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }) })
}

test.each(BOUNDARIES)('a server killed at %s goes on where it stood', async boundary => {
  const world = await aDoomedWorld(boundary)
  const { made } = world
  await deliverFirst(world, PER_SECOND)
  const before = await made.pids()

  await mkdir(armedIn(made.folder))
  const commit = await deliver(world, 2, 'better.onnx')

  expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
  const after = await made.pids()
  expect(after.server).not.toBe(before.server)
  expect({ ...after, server: 0 }).toEqual({ ...before, server: 0 })
  await expectDelivered(made, commit, 2, { lostAttempts: boundary === 'job-claimed' ? 1 : 0 })
  await served(world, 2)
  await expectGoodEnd(world)
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
    const world = await aDoomedWorld(boundary)
    const { made } = world
    const marker = markerIn(made.folder)
    await mkdir(armedIn(made.folder))
    let kills = 0
    // The marker away, the next passage kills again.
    const rearming = setInterval(() => {
      if (kills + 1 >= mostKills(boundary) || !existsSync(marker)) return
      // In this very turn: before the next tick looks, it must be away.
      renameSync(marker, `${marker}-${++kills}`)
    }, 5)
    try {
      await deliverFirst(world, PER_SECOND)
      const commit = await deliver(world, 2, 'better.onnx')
      await made.pids()
      if (existsSync(marker)) kills++
      console.log(`${boundary}: killed ${kills} times`)
      expect(kills, 'kills').toBeGreaterThanOrEqual(2)
      await expectDelivered(made, commit, 2, { lostAttempts: boundary === 'job-claimed' ? kills : 0 })
      await served(world, 2)
      await expectGoodEnd(world)
    } finally {
      clearInterval(rearming)
    }
  },
)
