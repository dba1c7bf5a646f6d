import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { policySchema, type RolloutView, rolloutViewSchema } from '../../src/api/index.ts'
import { deliver, deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 40
const POLICY = '/projects/digits/policies/production'
/** Two versions without errors: one is not better than the other by a fifth. */
const AB = `strategy: ab
    metric: errors
    horizon: 200 requests
    effect: 20%
    traffic: { sticky: { header: X-User } }`

const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

const latest = async ({ made: { api } }: World): Promise<RolloutView> =>
  (await api.get('/models/digits/rollouts?limit=1', z.array(rolloutViewSchema)))[0]!

test.each(['rollout-updated', 'rollout-published', 'evidence-counted', 'evidence-saved'] as const)(
  'an A/B whose server is killed at %s is decided once, at its horizon, and stable stays',
  async boundary => {
    const world = await aWorld({
      env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }),
      strategy: AB,
    })
    const { made } = world
    await deliverFirst(world, PER_SECOND)
    const { environment: _, ...policy } = await made.api.get(POLICY, policySchema)
    await made.api.tell('PUT', POLICY, { ...policy, maxFirstStep: 1 })
    await mkdir(armedIn(made.folder))
    await deliver(world, 2, 'better.onnx')
    expect(existsSync(markerIn(made.folder)), 'the kill happened').toBe(true)
    await made.pids()
    await served(world, 1)
    const rollout = await latest(world)
    expect(rollout).toMatchObject({ strategy: 'ab', phase: 'aborted', candidate: { number: 2 } })
    expect(rollout.reason).toMatch(
      /^Stable stays: errors 0 % against 0 % of \d+ requests: .* not better by 20 %/,
    )
    expect(rollout.history.map(({ phase }) => phase)).toEqual(['preparing', 'progressing', 'aborted'])
    await expectGoodEnd(world)
  },
)
