import { expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'

test('while a pipeline of many jobs is canceled, others have their turn', async () => {
  const world = await EngineWorld.open()
  const pipeline = await world.begin({}, ...Array.from({ length: 350 }, (_, i) => ({ name: `j${i}` })))
  let turns = 0
  let over = false
  const count = () => {
    if (over) return
    turns++
    setImmediate(count)
  }
  setImmediate(count)
  await world.actions.cancelPipeline(pipeline.id, 'ada')
  over = true
  expect(turns).toBeGreaterThanOrEqual(4)
  expect(await world.stateOf(pipeline.id)).toBe('canceled')
  expect(
    new Set((await world.store.jobs(pipeline.id)).map(({ state, reason }) => `${state}: ${reason}`)),
  ).toEqual(new Set(['canceled: canceled by ada']))
  await world.plane.close()
})
