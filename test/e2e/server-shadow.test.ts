import { expect, test } from 'vitest'
import type { LogView, RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles } from '../server/world.ts'

const { world, host, gateway, release, see, inPhase } = await startRollouts()

const YAML = `model: model.onnx
deploy:
  production:
    steps: [shadow 50%, 10%]
    traffic: { mirror: { to: previous, share: 10% } }
`

const route = async (model: string) => (await gateway.table())?.routes.find(each => each.model === model)
const replicas = async () => (await host.wanted()).replicas.map(({ replica }) => replica)

/** In looks that grow, as gateways report. */
async function inLooks(total: number, report: (sofar: number) => Promise<unknown>): Promise<void> {
  for (let look = 1; look <= 20; look++) await report((total * look) / 20)
}

/** A model whose first version serves, and whose second stands in its shadow. */
async function aShadow(name: string): Promise<RolloutView> {
  const repository = await world.repository(name, modelFiles(YAML))
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  return inPhase((await release(name, repository, 2)).id, 'progressing')
}

test('a shadow answers nobody; when it has passed, a baseline loads and the canary begins', async () => {
  const rollout = await aShadow('good')
  expect(rollout).toMatchObject({
    ...{ step: 0, weight: 0 },
    steps: [
      { weight: 0, holdMs: 0, shadow: 0.5 },
      { weight: 0.1, holdMs: 0 },
    ],
  })
  expect(await replicas()).not.toContain(`baseline.${rollout.id}`)
  const { arms, standby, traffic } = (await route('good'))!
  expect(arms.map(({ arm, versionNumber, weight }) => [arm, versionNumber, weight])).toEqual([
    ['stable', 1, 1],
  ])
  expect(standby).toEqual([])
  expect(traffic?.mirror).toMatchObject({
    versionNumber: 2,
    share: 0.5,
    rollout: { id: rollout.id, step: 0 },
    replicas: [{ replica: `production.${rollout.candidate.id}` }],
  })

  expect((await see(rollout.id)).reason).toMatch(/^Holds for evidence/)
  await gateway.pairs(rollout, 0, 20)
  expect(await see(rollout.id)).toMatchObject({
    step: 0,
    reason: expect.stringMatching(/more requests to both versions/),
  })
  await inLooks(2000, pairs => gateway.pairs(rollout, 0, pairs))
  expect(await see(rollout.id)).toMatchObject({
    ...{ phase: 'progressing', step: 0, weight: 0 },
    reason: 'Passed; the baseline of the next step loads',
  })
  expect(await replicas()).toContain(`baseline.${rollout.id}`)
  const canary = await host.serveUntil('the canary', async () => {
    const seen = await see(rollout.id)
    return seen.step === 1 && seen
  })
  expect(canary).toMatchObject({ phase: 'progressing', weight: 0.1 })
  expect(await gateway.weights('good')).toStrictEqual({
    'stable v1': 0.8,
    'baseline v1': 0.1,
    'canary v2': 0.1,
  })
  expect((await route('good'))?.traffic?.mirror).toBeUndefined()
  await inLooks(2000, requests => gateway.count(rollout.id, 1, requests))
  expect(await see(rollout.id)).toMatchObject({ phase: 'promoted', weight: 1 })
  // Its history begins with its first part of the traffic: until then it served nobody.
  const { entries } = await world.admin<LogView>('GET', '/models/good/log')
  const events = entries.flatMap(entry => (entry.kind === 'moved' ? entry.event : []))
  expect(events).toEqual(['served', 'canary', 'served'])
})

test('errors in the shadow end it before anybody had its answer', async () => {
  const rollout = await aShadow('bad')
  await inLooks(400, pairs => gateway.pairs(rollout, 0, pairs, { mirrorErrors: pairs / 2 }))
  const ended = await see(rollout.id)
  expect(ended).toMatchObject({ phase: 'aborted', weight: 0, reason: expect.stringMatching(/error/) })
  expect(ended.history.every(({ weight }) => weight === 0)).toBe(true)
  const { arms, traffic } = (await route('bad'))!
  expect(arms).toMatchObject([{ versionNumber: 1, weight: 1 }])
  expect(traffic?.mirror).toBeUndefined()
})

test('a baseline that does not load ends what its shadow had passed', async () => {
  const rollout = await aShadow('unbased')
  await inLooks(2000, pairs => gateway.pairs(rollout, 0, pairs))
  host.fail(rollout.stable!.id, 'no memory for a second replica')
  const ended = await inPhase(rollout.id, 'aborted')
  expect(ended.reason).toContain('no memory for a second replica')
})

test.each([
  ['more errors than pairs', { mirrorErrors: 5 }],
  ['more that agree than were compared', { agreed: 5 }],
])('%s are refused and harm nothing', async (_, counts) => {
  const rollout = await aShadow(`wrong-${Object.keys(counts)[0]!.toLowerCase()}`)
  expect(await gateway.pairs(rollout, 0, 4, counts)).toMatchObject({ status: 400 })
  expect((await see(rollout.id)).phase).toBe('progressing')
})

test('pairs of other versions, and of other steps, say nothing of it', async () => {
  const rollout = await aShadow('others')
  await gateway.pairs({ ...rollout, stable: rollout.candidate }, 0, 400, { mirrorErrors: 200 })
  await gateway.pairs(rollout, 1, 400, { mirrorErrors: 200 })
  expect(await see(rollout.id)).toMatchObject({ phase: 'progressing', step: 0 })
})
