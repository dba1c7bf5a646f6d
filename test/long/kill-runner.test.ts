import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AttemptView, pipelineSummarySchema, pipelineViewSchema } from '../../src/api/index.ts'
import { expectDelivered, pipelineEnd, pushThrough } from './world/delivery.ts'
import type { Installation } from './world/installation.ts'
import { killHard, processesOf } from './world/processes.ts'
import { until } from './world/until.ts'
import { expectGoodEnd, worlds } from './world/world.ts'

const aWorld = worlds()

/** Half a minute of talk: the stages that start beside it have ended long before. */
const LINES = 2500

/** The running attempt of the job that talks, once it has said something. */
async function talking({ api }: Installation): Promise<AttemptView | undefined> {
  const [latest] = await api.get('/projects/digits/pipelines?limit=1', z.array(pipelineSummarySchema))
  const { jobs } = await api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  const attempt = jobs.find(({ name }) => name === 'lines')?.attempts.at(-1)
  return attempt?.state === 'running' && attempt.logBytes > 0 ? attempt : undefined
}

/** Nothing but the job that talks is there to be claimed: no claim is on its way when the runner dies. */
async function alone({ api }: Installation): Promise<true | undefined> {
  const [latest] = await api.get('/projects/digits/pipelines?limit=1', z.array(pipelineSummarySchema))
  const { jobs } = await api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  const beside = jobs.filter(({ name }) => name === 'scan' || name === 'inspect')
  return (beside.length === 2 && beside.every(({ state }) => state === 'succeeded')) || undefined
}

/** The processes that an attempt's runner started for it. */
async function processesFor({ state }: Installation, { id }: AttemptView): Promise<readonly number[]> {
  const found = await processesOf(state)
  return found.filter(({ command }) => command.includes(id)).map(({ pid }) => pid)
}

test('a runner killed twice while a job talks: the job lives on, its one attempt has the whole log', async () => {
  const world = await aWorld({ lines: LINES })
  const { made, repository } = world
  const commit = await repository.commit('First')
  const delivering = pushThrough(made, repository, commit)
  const attempt = await until('the first lines', () => talking(made), 60_000)
  await until('the stages beside it to end', () => alone(made), 60_000)
  const before = await processesFor(made, attempt)
  expect(before).not.toEqual([])

  const first = (await made.pids()).runner
  killHard(first)
  const second = await until('a new runner', async () => other(await made.pidOf('runner'), first), 20_000)
  killHard(second)
  await until('a newer runner', async () => other(await made.pidOf('runner'), second), 20_000)
  expect(await processesFor(made, attempt)).toEqual(before)
  const later = await until(
    'more lines',
    async () => {
      const now = await talking(made)
      return now && now.logBytes > attempt.logBytes ? now : undefined
    },
    20_000,
  )
  expect(later).toMatchObject({ id: attempt.id, number: 1 })

  await delivering
  await pipelineEnd(made, commit)
  await expectDelivered(made, commit, 1, { lostAttempts: 0, lines: LINES })
  await expectGoodEnd(world)
})

function other(pid: number | undefined, than: number): number | undefined {
  return pid === than ? undefined : pid
}
