import { afterAll, expect, onTestFailed, test } from 'vitest'
import { expectDelivered } from './world/delivery.ts'
import { type Kill, kill, planKills, VICTIMS } from './world/killer.ts'
import type { Outcome } from './world/load.ts'
import { randomBy } from './world/random.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 60
/** `BALLAST_SEED=n` tries other moments; each run has its own seed, which a failure names. */
const FIRST_SEED = Number(process.env['BALLAST_SEED'] ?? 20_261)
const RUNS = 10
/** A client that connected in the moment of the kill may be told of it a little later. */
const CUT_SLACK_MS = 250
/** In turn; each passes the gates beside the other. */
const CANDIDATES = ['better.onnx', '../model.onnx']

const aWorld = worlds()
const allKills: Kill[] = []

afterAll(() => {
  for (const victim of VICTIMS) {
    const times = allKills.filter(other => other.victim === victim).map(({ at, backAt }) => backAt - at)
    if (times.length === 0) continue
    const slowest = Math.max(...times).toFixed(0)
    console.log(`${victim}: killed ${times.length} times, back after ${slowest} ms at most`)
  }
})

const seeds = Array.from({ length: RUNS }, (_, run) => FIRST_SEED + run)

test.each(seeds)('each process killed once at a moment by lot (seed %i): deliveries end well', async seed => {
  const plan = planKills(randomBy(seed))
  const kills: Kill[] = []
  onTestFailed(() => {
    console.error(`seed ${seed}, planned ${JSON.stringify(plan)}, happened ${JSON.stringify(kills)}`)
  })
  const world = await aWorld()
  const { made } = world
  await deliverFirst(world, PER_SECOND)

  const deliveries = new Deliveries(world)
  const delivering = deliveries.untilStopped()
  // Awaited below; until then a failure must not end the process.
  delivering.catch(() => undefined)
  for (const planned of plan) kills.push(await kill(made, planned))
  deliveries.stop()
  const last = await delivering
  for (const { victim, during } of kills) console.log(`seed ${seed}: killed ${victim} during ${during}`)
  allKills.push(...kills)

  const others = kills.filter(({ alsoDied }) => alsoDied.length > 0)
  expect(others, 'others that died with it').toEqual([])
  const fatal = kills.filter(({ victim }) => victim === 'server' || victim === 'runner').length
  await expectDelivered(made, last.commit, last.number, { lostAttempts: fatal })
  await served(world, last.number)
  await expectGoodEnd(world, failure => cutByGateway(failure, kills))
})

/** One delivery after the other, so that every kill meets one on its way. */
class Deliveries {
  readonly #world: World
  #number = 1
  #stopped = false

  constructor(world: World) {
    this.#world = world
  }

  /** The one under way is the last. */
  stop(): void {
    this.#stopped = true
  }

  async untilStopped(): Promise<{ readonly number: number; readonly commit: string }> {
    for (;;) {
      const number = ++this.#number
      const commit = await deliver(this.#world, number, CANDIDATES[number % 2])
      if (this.#stopped) return { number, commit }
    }
  }
}

/**
 * The only failure that is excused. A gateway that dies takes its connections with it, and none is accepted until
 * it is back: a client sees that as a connection refused or cut, never as an answer.
 */
function cutByGateway({ cut, sentAt, endedAt }: Outcome, kills: readonly Kill[]): boolean {
  return (
    cut !== undefined &&
    kills.some(
      ({ victim, at, backAt }) => victim === 'gateway' && sentAt <= backAt + CUT_SLACK_MS && endedAt >= at,
    )
  )
}
