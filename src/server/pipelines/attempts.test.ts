import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import type { Offer } from '../../api/index.ts'
import type { Attempt, Job } from '../../pipeline/index.ts'
import { AttemptDesk } from './attempts.ts'
import { Dispatcher, LEASE_MS } from './dispatch.ts'
import { AttemptLogs } from './logs/logs.ts'
import { PipelineReconciler } from './reconcile.ts'

let world: TestPlane
let desk: AttemptDesk
let dispatcher: Dispatcher
const HERE = new AbortController().signal

beforeEach(async () => {
  world = await aPlane()
  const logs = new AttemptLogs(world.plane.settings.dataDir)
  await logs.prepare()
  const reconciler = new PipelineReconciler(world.plane)
  dispatcher = new Dispatcher(world.plane, reconciler)
  desk = new AttemptDesk(world.plane, reconciler, logs)
})
afterEach(() => world.close())

const lease = async (): Promise<Offer> =>
  (await dispatcher.lease({ runner: 'r1', capacity: 1, sandbox: 'none' }, HERE))[0]!
const attemptOf = async ({ attempt }: Offer): Promise<Attempt> =>
  (await world.plane.stores.pipelines.attempts((await jobOf()).id)).find(({ id }) => id === attempt)!
let job: Job
const jobOf = async (): Promise<Job> => (await world.plane.stores.pipelines.job(job.id))!
/** Time passes, and the server looks. */
const silence = async (milliseconds: number) => {
  world.pass(milliseconds)
  await desk.expire()
}

test('a runner that falls silent loses its job, which is tried again; the third time it could not be run', async () => {
  job = (await world.pipeline({})).jobs[0]!
  for (const [times, state] of [
    [1, 'ready'],
    [2, 'ready'],
    [3, 'errored'],
  ] as const) {
    const offer = await lease()
    await silence(LEASE_MS + 1)
    expect([times, (await jobOf()).state]).toStrictEqual([times, state])
    expect((await attemptOf(offer)).state).toBe('lost')
  }
  expect((await jobOf()).reason).toBe('runner r1 fell silent, for the 3rd time')
})

test('a lease that is renewed is not lost; after a start, every runner has one whole lease to come back', async () => {
  job = (await world.pipeline({})).jobs[0]!
  const offer = await lease()
  await silence(LEASE_MS - 1)
  await desk.heartbeat(await attemptOf(offer), { fence: offer.fence, started: true, sandboxed: false })
  await silence(LEASE_MS - 1)
  expect((await jobOf()).state).toBe('running')
  await silence(2)
  expect((await jobOf()).state).toBe('ready')
})

test('a success that was long on its way is refused once the lease is lost, even where the job runs again', async () => {
  job = (await world.pipeline({})).jobs[0]!
  const offer = await lease()
  const asItWas = await attemptOf(offer)
  await silence(LEASE_MS + 1)
  const second = await lease()
  const late = desk.finish(asItWas, { fence: offer.fence, outcome: 'succeeded', artifacts: [] })
  await expect(late).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect((await jobOf()).state).toBe('running')
  await desk.finish(await attemptOf(second), { fence: second.fence, outcome: 'succeeded', artifacts: [] })
  expect((await jobOf()).state).toBe('succeeded')
})

test('the end of a lease and the end of an attempt at once: one of them holds, whole', async () => {
  job = (await world.pipeline({})).jobs[0]!
  const offer = await lease()
  const attempt = await attemptOf(offer)
  world.pass(LEASE_MS + 1)
  const [finished] = await Promise.allSettled([
    desk.finish(attempt, { fence: offer.fence, outcome: 'succeeded', artifacts: [] }),
    desk.expire(),
  ])
  const { state } = await jobOf()
  const ended = (await attemptOf(offer)).state
  expect([state, ended]).toStrictEqual(
    finished.status === 'fulfilled' ? ['succeeded', 'succeeded'] : ['ready', 'lost'],
  )
})
