import { expect, test } from 'vitest'
import { z } from 'zod'
import { pipelineSummarySchema, pipelineViewSchema } from '../../src/api/index.ts'
import { expectDelivered, pipelineEnd, pushThrough } from './world/delivery.ts'
import type { Installation } from './world/installation.ts'
import { killHard, processesOf } from './world/processes.ts'
import { until } from './world/until.ts'
import { expectGoodEnd, worlds } from './world/world.ts'

const aWorld = worlds()

/** Bytes of the log of the job that talks; undefined before it runs. */
async function talked({ api }: Installation): Promise<number | undefined> {
  const [latest] = await api.get('/projects/digits/pipelines?limit=1', z.array(pipelineSummarySchema))
  const { jobs } = await api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  const attempt = jobs.find(({ name }) => name === 'lines')?.attempts.at(-1)
  return attempt?.state === 'running' && attempt.logBytes > 0 ? attempt.logBytes : undefined
}

/** The shells that run the job's loop. */
async function talkers({ folder }: Installation): Promise<readonly number[]> {
  const found = await processesOf(folder)
  return found.filter(({ command }) => command.includes('echo "line $i"')).map(({ pid }) => pid)
}

test('a runner killed twice while a job talks: the job lives on, its one attempt has the whole log', async () => {
  const world = await aWorld()
  const { made, repository } = world
  const commit = await repository.commit('First')
  const delivering = pushThrough(made, repository, commit)
  const seen = await until('the first lines', () => talked(made), 60_000)
  const before = await talkers(made)
  expect(before).not.toEqual([])

  const first = (await made.pids()).runner
  killHard(first)
  const second = await until('a new runner', async () => other(await made.pidOf('runner'), first), 20_000)
  killHard(second)
  await until('a newer runner', async () => other(await made.pidOf('runner'), second), 20_000)
  expect(await talkers(made)).toEqual(before)
  await until('more lines', async () => ((await talked(made)) ?? seen) > seen || undefined, 20_000)

  await delivering
  await pipelineEnd(made, commit)
  await expectDelivered(made, commit, 1, { lostAttempts: 0 })
  await expectGoodEnd(world)
})

function other(pid: number | undefined, than: number): number | undefined {
  return pid === than ? undefined : pid
}
