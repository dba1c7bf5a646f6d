import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { defaultPolicy } from '../../../access/index.ts'
import { isoOf, parseCalendar } from '../../../core/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const HOUR = 3_600_000
const ship = (name: string, action: NonNullable<PlannedJob['environment']>['action'] = 'start') =>
  ({ name, environment: { name: 'production', action, tier: 'production' } }) as Partial<PlannedJob>
const names = async () => (await world.lease()).map(({ jobName }) => jobName).join(' ')

/** Production is frozen from now on, for an hour. */
async function freeze(): Promise<void> {
  // The clock of these tests begins where no window reaches back to.
  world.plane.pass(24 * 365 * HOUR)
  const { stores, clock } = world.plane.plane
  const day = (ms: number) =>
    isoOf((clock.now() + ms) as ReturnType<typeof clock.now>)
      .slice(0, 16)
      .replace('T', ' ')
  const calendar = parseCalendar({ freeze: [`${day(-HOUR)} - ${day(HOUR)}`], schedule: [] })
  const policy = { ...defaultPolicy('production', 'main'), calendar }
  const project = await stores.access.projectByName('digits')
  await stores.access.setPolicy(project!.id, policy)
}

test.each(['start', 'stop', 'verify'] as const)(
  'a job that is to %s a frozen environment waits in its place, and says until when; others go on',
  async action => {
    await freeze()
    const pipeline = await world.begin({}, ship('ship', action), { name: 'test' })
    expect(await names()).toBe('test')
    await world.dispatcher.explain()
    expect((await world.job(pipeline, 'ship')).reason).toMatch(
      /^waits for its time: production is frozen \(.*\) until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
    )
    let told = 0
    const off = world.reconciler.ready.on(() => told++)
    world.plane.pass(HOUR - 60_000)
    await world.dispatcher.explain()
    expect([told, await names()]).toEqual([0, ''])
    world.plane.pass(2 * 60_000)
    await world.dispatcher.explain()
    off()
    expect([told, await names()]).toEqual([1, 'ship'])
    expect((await world.job(pipeline, 'ship')).reason).toBeUndefined()
  },
)

test('one that is canceled meanwhile wakes nobody', async () => {
  await freeze()
  const pipeline = await world.begin({}, ship('ship'))
  expect(await names()).toBe('')
  await world.actions.cancelPipeline(pipeline.id, 'ada')
  let told = 0
  world.reconciler.ready.on(() => told++)
  world.plane.pass(2 * HOUR)
  await world.dispatcher.explain()
  expect(told).toBe(0)
})

test('an environment without a calendar holds nothing', async () => {
  await world.begin({}, ship('ship'))
  expect(await names()).toBe('ship')
})
