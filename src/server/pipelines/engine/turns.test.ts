import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const GROUP = { resourceGroup: { name: 'production' } }

test('jobs of a group run one at a time over all pipelines, the oldest first', async () => {
  const older = await world.begin({}, { name: 'ship', ...GROUP })
  const newer = await world.begin({}, { name: 'ship', ...GROUP }, { name: 'other' })
  const offers = await world.lease()
  expect(offers.map(({ jobName, pipeline }) => [jobName, pipeline])).toEqual([
    ['ship', older.id],
    ['other', newer.id],
  ])
  expect(await world.lease()).toEqual([])
  await world.finish(offers[0]!)
  expect((await world.lease()).map(({ pipeline }) => pipeline)).toEqual([newer.id])
})

test('a newer pipeline does not overtake an older one that has yet to come to its job', async () => {
  const older = await world.begin({}, { name: 'build' }, { name: 'ship', needs: ['build'], ...GROUP })
  const newer = await world.begin({}, { name: 'ship', ...GROUP })
  const [build] = await world.lease()
  expect(build?.pipeline).toBe(older.id)
  expect(await world.lease()).toEqual([])
  await world.finish(build!, { outcome: 'failed' })
  expect((await world.lease()).map(({ pipeline }) => pipeline)).toEqual([newer.id])
})

test('one that waits for a person is overtaken', async () => {
  await world.begin(
    {},
    { name: 'approve', start: { kind: 'manual' } },
    { name: 'ship', needs: ['approve'], ...GROUP },
  )
  const newer = await world.begin({}, { name: 'ship', ...GROUP })
  expect((await world.lease()).map(({ pipeline }) => pipeline)).toEqual([newer.id])
})

test("the control plane's own work takes its turn too", async () => {
  const begun: string[] = []
  world.reconciler.deployWith({
    async begin(pipeline) {
      begun.push(pipeline.id)
    },
    async goOn() {},
  })
  const work = { kind: 'deploy', environment: 'production', approval: false } as const
  const older = await world.begin({}, { name: 'a', work, ...GROUP })
  const newer = await world.begin({}, { name: 'b', work, ...GROUP })
  expect(await world.states(older)).toBe('a running')
  expect(await world.states(newer)).toBe('b ready')
  expect(await world.lease()).toEqual([])
  await world.reconciler.move(await world.job(older, 'a'), 'running', 'succeeded')
  expect(await world.states(newer)).toBe('b running')
  expect(new Set(begun)).toEqual(new Set([older.id, newer.id]))
})
