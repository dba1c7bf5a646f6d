import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AttemptView, pipelineSummarySchema, pipelineViewSchema } from '../../src/api/index.ts'
import { expectDelivered, pipelineEnd, pushThrough } from './world/delivery.ts'
import type { Installation } from './world/installation.ts'
import { killHard, processesOf } from './world/processes.ts'
import { until } from './world/until.ts'
import { expectGoodEnd, worlds } from './world/world.ts'

const aWorld = worlds()

/** Attempts of the job that talks. */
async function attemptsOf({ api }: Installation): Promise<readonly AttemptView[]> {
  const [latest] = await api.get('/projects/digits/pipelines?limit=1', z.array(pipelineSummarySchema))
  const { jobs } = await api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  return jobs.find(({ name }) => name === 'lines')?.attempts ?? []
}

/** The running attempt, once it has said something. */
async function talking(made: Installation): Promise<AttemptView | undefined> {
  const attempt = (await attemptsOf(made)).at(-1)
  return attempt?.state === 'running' && attempt.logBytes > 0 ? attempt : undefined
}

/** The processes that an attempt's runner started for it. */
async function processesFor({ state }: Installation, { id }: AttemptView): Promise<readonly number[]> {
  const found = await processesOf(state)
  return found.filter(({ command }) => command.includes(id)).map(({ pid }) => pid)
}

test('a runner killed twice while a job talks: the job lives on, its one attempt has the whole log', async () => {
  const world = await aWorld()
  const { made, repository } = world
  const commit = await repository.commit('First')
  const delivering = pushThrough(made, repository, commit)
  const attempt = await until('the first lines', () => talking(made), 60_000)
  const before = await processesFor(made, attempt)
  expect(before).not.toEqual([])

  const first = (await made.pids()).runner
  killHard(first)
  const second = await until('a new runner', async () => other(await made.pidOf('runner'), first), 20_000)
  killHard(second)
  await until('a newer runner', async () => other(await made.pidOf('runner'), second), 20_000)
  // On a busy machine it may have said everything by now.
  expect(before).toEqual(expect.arrayContaining([...(await processesFor(made, attempt))]))

  await delivering
  await pipelineEnd(made, commit)
  expect(await attemptsOf(made)).toMatchObject([{ id: attempt.id, number: 1, state: 'succeeded' }])
  // A stage that the killed runner had taken and not yet begun is taken by the next: once for each kill.
  await expectDelivered(made, commit, 1, { lostAttempts: 2 })
  await expectGoodEnd(world)
})

function other(pid: number | undefined, than: number): number | undefined {
  return pid === than ? undefined : pid
}
