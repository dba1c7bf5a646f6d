import { afterAll, afterEach, beforeAll, expect, onTestFailed, test } from 'vitest'
import { type LabelledImage, trafficImages } from '../../src/cli/demo/images.ts'
import { expectDelivered, pipelineEnd, pushThrough } from './world/delivery.ts'
import { Installation, ROOT } from './world/installation.ts'
import { type Kill, kill, planKills, VICTIMS } from './world/killer.ts'
import { describeOutcome, Load, type Outcome } from './world/load.ts'
import { randomBy } from './world/random.ts'
import { Repository } from './world/repository.ts'
import { until } from './world/until.ts'

const PER_SECOND = 60
/** `BALLAST_SEED=n` tries other moments; each run has its own seed, which a failure names. */
const FIRST_SEED = Number(process.env['BALLAST_SEED'] ?? 20_261)
const RUNS = 10
/** A client that connected in the moment of the kill may be told of it a little later. */
const CUT_SLACK_MS = 250
/** In turn; each passes the gates beside the other. */
const CANDIDATES = ['better.onnx', '../model.onnx']

let images: readonly LabelledImage[]
let installation: Installation | undefined
let load: Load | undefined
const allKills: Kill[] = []

beforeAll(async () => {
  images = await trafficImages(ROOT)
})
afterEach(async () => {
  await load?.stop()
  await installation?.remove()
  load = undefined
  installation = undefined
})
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
  const made = await Installation.start()
  installation = made
  const plan = planKills(randomBy(seed))
  const kills: Kill[] = []
  onTestFailed(async () => {
    console.error(`seed ${seed}, planned ${JSON.stringify(plan)}, happened ${JSON.stringify(kills)}`)
    console.error(await made.lastWords())
  })
  const repository = await Repository.create(made)
  const first = await repository.commit('Delivery 1')
  await pushThrough(made, repository, first)
  await pipelineEnd(made, first)
  load = new Load(made, images)
  load.start(PER_SECOND)

  const deliveries = new Deliveries(made, repository, 1)
  const delivering = deliveries.untilStopped()
  // Awaited below; until then a failure must not end the process.
  delivering.catch(() => undefined)
  for (const planned of plan) kills.push(await kill(made, planned))
  deliveries.stop()
  const last = await delivering
  allKills.push(...kills)
  for (const { victim, during } of kills) console.log(`seed ${seed}: killed ${victim} during ${during}`)

  expect(
    kills.filter(({ alsoDied }) => alsoDied.length > 0),
    'others that died with it',
  ).toEqual([])
  const fatal = kills.filter(({ victim }) => victim === 'server' || victim === 'runner').length
  await expectDelivered(made, last.commit, last.number, { lostAttempts: fatal })
  const version = `${last.number}`
  await until(
    `an answer of v${version}`,
    async () => (await load!.one()).version === version || undefined,
    10_000,
  )
  await load.stop()
  expect(lostPredictions(load.failures, kills).map(describeOutcome)).toEqual([])
  expect(await made.stop()).toEqual([])
})

/** One delivery after the other, so that every kill meets one on its way. */
class Deliveries {
  readonly #made: Installation
  readonly #repository: Repository
  #number: number
  #stopped = false

  constructor(made: Installation, repository: Repository, number: number) {
    this.#made = made
    this.#repository = repository
    this.#number = number
  }

  /** The one under way is the last. */
  stop(): void {
    this.#stopped = true
  }

  async untilStopped(): Promise<{ readonly number: number; readonly commit: string }> {
    for (;;) {
      const number = ++this.#number
      const commit = await this.#repository.commit(`Delivery ${number}`, CANDIDATES[number % 2])
      await pushThrough(this.#made, this.#repository, commit)
      await pipelineEnd(this.#made, commit)
      if (this.#stopped) return { number, commit }
    }
  }
}

/**
 * Failures that nothing excuses. A gateway that dies takes its connections with it, and none is accepted until it
 * is back: a client sees that as a connection refused or cut, never as an answer.
 */
function lostPredictions(failures: readonly Outcome[], kills: readonly Kill[]): readonly Outcome[] {
  const gone = kills.filter(({ victim }) => victim === 'gateway')
  return failures.filter(
    ({ cut, sentAt, endedAt }) =>
      cut === undefined || !gone.some(({ at, backAt }) => sentAt <= backAt + CUT_SLACK_MS && endedAt >= at),
  )
}
