import { afterEach, beforeAll, expect } from 'vitest'
import { type LabelledImage, trafficImages } from '../../../src/cli/demo/images.ts'
import { pipelineEnd, pushThrough } from './delivery.ts'
import { Installation, ROOT } from './installation.ts'
import { describeOutcome, Load, type Outcome } from './load.ts'
import { expectRecords } from './records.ts'
import { Repository, type RepositoryOptions } from './repository.ts'
import { until } from './until.ts'

const SERVED_WITHIN_MS = 30_000

export interface WorldOptions extends RepositoryOptions {
  /** For `ballast up` and all that it starts; made from the folder, which is new. */
  readonly env?: (folder: string) => NodeJS.ProcessEnv
}

/** A Ballast, a client's clone, and the clients of its predictions. */
export interface World {
  readonly made: Installation
  readonly repository: Repository
  readonly load: Load
}

/** For one test file: makes worlds, and ends each with its test, with its last words where that failed. */
export function worlds(): (options?: WorldOptions) => Promise<World> {
  const worlds: World[] = []
  let images: readonly LabelledImage[] = []
  beforeAll(async () => {
    images = await trafficImages(ROOT)
  })
  afterEach(async ({ task }) => {
    for (const { made, load } of worlds.splice(0)) {
      if (task.result?.state === 'fail') console.error(await made.lastWords())
      await load.stop()
      await made.remove()
    }
  })
  return async ({ env, ...options } = {}) => {
    const made = await Installation.start(env)
    const load = new Load(made, images)
    const repository = await Repository.create(made, options)
    const world = { made, repository, load }
    worlds.push(world)
    return world
  }
}

/** Commits and pushes a model, and waits for the end of its pipeline; gives the commit. */
export async function deliver(
  { made, repository }: World,
  number: number,
  candidate?: string,
): Promise<string> {
  const commit = await repository.commit(`Delivery ${number}`, candidate)
  await pushThrough(made, repository, commit)
  await pipelineEnd(made, commit)
  return commit
}

/** Until clients are answered by that version. */
export async function served({ load }: World, number: number): Promise<void> {
  await until(
    `an answer of v${number}`,
    async () => (await load.one()).version === `${number}` || undefined,
    SERVED_WITHIN_MS,
  )
}

/** The first version, and live traffic to it. */
export async function deliverFirst(world: World, perSecond: number): Promise<void> {
  await deliver(world, 1)
  await served(world, 1)
  world.load.start(perSecond)
}

/** No client was let down but by what is excused, what was decided holds, and Ctrl-C leaves nothing behind. */
export async function expectGoodEnd(
  { made, load }: World,
  excused: (failure: Outcome) => boolean = () => false,
): Promise<void> {
  await load.stop()
  expect(load.failures.filter(failure => !excused(failure)).map(describeOutcome)).toEqual([])
  await expectRecords(made)
  expect(await made.stop()).toEqual([])
}
