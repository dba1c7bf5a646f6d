import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type RolloutView, rolloutViewSchema } from '../../src/api/index.ts'
import { pipelineEnd } from './world/delivery.ts'
import { kill } from './world/killer.ts'
import type { Outcome } from './world/load.ts'
import { killHard, processesOf } from './world/processes.ts'
import { until } from './world/until.ts'
import { deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 40
const WAIT_MS = 120_000
const STRATEGY = 'strategy: canary\n    steps: [shadow, 20%]'
/** A client that connected in the moment of the kill may be told of it a little later. */
const CUT_SLACK_MS = 250

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

const rolloutOf = ({ made: { api } }: World, what: string, is: (rollout: RolloutView) => boolean) =>
  until(
    `the rollout of v2 ${what}`,
    async () => {
      const all = await api.get('/models/digits/rollouts?limit=9', z.array(rolloutViewSchema))
      return all.find(found => found.candidate.number === 2 && is(found))
    },
    WAIT_MS,
  )
const judgedOn = ({ analysis }: RolloutView) => analysis?.canaryRequests ?? 0

/** Pushes the second version, and waits for the first requests that its shadow got. */
async function shadowed(
  world: World,
): Promise<{ readonly commit: string; readonly pushed: Promise<unknown> }> {
  const commit = await world.repository.commit('Delivery 2', 'better.onnx')
  // Whoever pushes follows the pipeline for as long as it takes.
  const pushed = world.repository.push()
  await rolloutOf(world, 'in its shadow', found => found.phase === 'progressing' && judgedOn(found) > 0)
  return { commit, pushed }
}

/** It went by its steps, each once, and no caller had its answer before the second began. */
async function expectRightEnd(world: World, excused?: (failure: Outcome) => boolean): Promise<void> {
  const { history } = await rolloutOf(world, 'promoted', ({ phase }) => phase === 'promoted')
  expect(history.map(({ phase, weight }) => `${phase} ${weight}`)).toEqual([
    'preparing 0',
    'progressing 0',
    'progressing 0.2',
    'promoted 1',
  ])
  await served(world, 2)
  const begun = Date.parse(history[2]!.at) - performance.timeOrigin
  const early = world.load.outcomes.filter(
    ({ answer, endedAt }) => answer?.version === '2' && endedAt < begun,
  )
  expect(early).toEqual([])
  await expectGoodEnd(world, excused)
}

test.each(['rollout-updated', 'rollout-published', 'evidence-saved'] as const)(
  'a server killed at %s in the shadow goes on from what was counted, and promotes once',
  async boundary => {
    const world = await aWorld({
      env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }),
      strategy: STRATEGY,
      minRequests: 60,
    })
    const { made } = world
    await deliverFirst(world, PER_SECOND)
    const { commit, pushed } = await shadowed(world)
    await mkdir(armedIn(made.folder))
    await until('the kill', () => existsSync(markerIn(made.folder)) || undefined, WAIT_MS)
    await made.pids()
    await pushed
    await pipelineEnd(made, commit)
    await expectRightEnd(world)
  },
)

test('replica and gateway killed in the shadow: its pairs are counted on, and callers notice the gateway alone', async () => {
  const world = await aWorld({ strategy: STRATEGY, minRequests: 400 })
  const { made } = world
  await deliverFirst(world, PER_SECOND)
  const { commit, pushed } = await shadowed(world)

  const replicas = (await processesOf(made.folder)).filter(
    ({ command }) => command === 'ballast replica digits 2',
  )
  expect(replicas).toHaveLength(1)
  expect(killHard(replicas[0]!.pid)).toBe(true)
  const counted = async (more: number) => {
    const before = judgedOn(await rolloutOf(world, 'there', () => true))
    await rolloutOf(
      world,
      `with ${more} pairs more`,
      found => found.step > 0 || judgedOn(found) >= before + more,
    )
  }
  await counted(20)
  const killed = await kill(made, { victim: 'gateway', pauseMs: 0 })
  await counted(20)
  await pushed
  await pipelineEnd(made, commit)
  await expectRightEnd(
    world,
    ({ cut, sentAt, endedAt }) =>
      cut !== undefined && sentAt <= killed.backAt + CUT_SLACK_MS && endedAt >= killed.at,
  )
})
