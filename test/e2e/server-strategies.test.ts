import { expect, test } from 'vitest'
import type { ModelView, RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const { world, host, gateway, release, see, inPhase } = await startRollouts()

const yaml = (strategy: string) => `model: model.onnx\ndeploy:\n  production: { ${strategy} }\n`

const model = (name: string) => world.admin<ModelView>('GET', `/models/${name}`)
const wantedOf = async (name: string): Promise<readonly string[]> => {
  const versions = (await world.rollouts(name)).map(({ candidate }) => candidate)
  const { replicas } = await host.wanted()
  const wanted = versions.filter(({ id }) => replicas.some(({ version }) => version === id))
  return [...new Set(wanted.map(({ number }) => `v${number}`))].sort()
}
const rollback = async (name: string) =>
  world.call<RolloutView>('POST', `/api/v1/models/${name}/rollback`, {
    token: await world.secret(),
    body: {},
  })

/** A model whose first version serves, where the policy lets a next one take all traffic at once. */
async function served(name: string, strategy: string): Promise<Repository> {
  const repository = await world.repository(name, modelFiles(yaml(strategy)))
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  const path = `/projects/${name}/policies/production`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  await world.admin('PUT', path, { ...policy, maxFirstStep: 1 })
  return repository
}

test('blue-green moves all traffic at once and holds the version before: over a restart, and a return is instant', async () => {
  const repository = await served('held', 'strategy: blue-green, hold: 1h')
  const before = Date.now()
  const { id } = await release('held', repository, 2)
  expect((await see(id)).phase).toBe('preparing')
  expect(await gateway.weights('held')).toStrictEqual({ 'stable v1': 1 })
  const { strategy, history, reason } = await inPhase(id, 'promoted')
  expect(strategy).toBe('blue-green')
  expect(reason).toContain('the version before is held for 1 h')
  expect(history.map(({ weight }) => weight)).toStrictEqual([0, 1])
  expect(await gateway.weights('held')).toStrictEqual({ 'stable v2': 1 })

  await world.restart()
  await host.ready()
  expect(await wantedOf('held')).toStrictEqual(['v1', 'v2'])
  const { previous } = await model('held')
  expect(previous?.number).toBe(1)
  expect(Date.parse(previous!.heldUntil!)).toBeGreaterThanOrEqual(before + 3_600_000)
  expect(Date.parse(previous!.heldUntil!)).toBeLessThanOrEqual(Date.now() + 3_600_000)

  const back = await rollback('held')
  expect(back).toMatchObject({ status: 200, body: { phase: 'promoted', candidate: { number: 1 } } })
  expect(await gateway.weights('held')).toStrictEqual({ 'stable v1': 1 })
})

test('after its hold the version before is let go, and a return loads it first', async () => {
  const repository = await served('let-go', 'strategy: blue-green, hold: 1s')
  await inPhase((await release('let-go', repository, 2)).id, 'promoted')
  await until('v1 is let go', async () => (await wantedOf('let-go')).join() === 'v2')
  await host.ready()
  const back = await rollback('let-go')
  expect(back.body).toMatchObject({ phase: 'preparing', candidate: { number: 1 } })
  expect(await gateway.weights('let-go')).toStrictEqual({ 'stable v2': 1 })
  expect(await wantedOf('let-go')).toStrictEqual(['v1', 'v2'])
  await inPhase(back.body.id, 'promoted')
  expect(await gateway.weights('let-go')).toStrictEqual({ 'stable v1': 1 })
})

test('blue-green whose version does not hold changes nothing', async () => {
  const repository = await served('unfit', 'strategy: blue-green')
  const { id, candidate } = await release('unfit', repository, 2)
  host.fail(candidate.id, 'parity check: output differs by 0.5')
  expect((await inPhase(id, 'aborted')).reason).toContain('output differs by 0.5')
  expect(await gateway.weights('unfit')).toStrictEqual({ 'stable v1': 1 })
  await until('v2 is let go', async () => (await wantedOf('unfit')).join() === 'v1')
})

test('recreate loads a version when the one before is gone, over a restart too', async () => {
  const repository = await served('alone', 'strategy: recreate')
  const { id } = await release('alone', repository, 2)
  await until('v1 is to go', async () => !(await wantedOf('alone')).includes('v1'))
  // The host still has it: it has said nothing new.
  expect(await wantedOf('alone')).toStrictEqual([])
  await world.restart()
  expect(await wantedOf('alone')).toStrictEqual([])
  expect((await see(id)).phase).toBe('preparing')
  await inPhase(id, 'promoted')
  expect(await gateway.weights('alone')).toStrictEqual({ 'stable v2': 1 })
  expect(await wantedOf('alone')).toStrictEqual(['v2'])
})

test('what recreates and fails is replaced by what served', async () => {
  const repository = await served('again', 'strategy: recreate')
  const { id, candidate } = await release('again', repository, 2)
  host.fail(candidate.id, 'out of memory')
  await inPhase(id, 'aborted')
  await host.serveUntil('v1 serves', async () => (await model('again')).health === 'serving')
  expect(await gateway.weights('again')).toStrictEqual({ 'stable v1': 1 })
  expect(await wantedOf('again')).toStrictEqual(['v1'])
})

test('where the policy begins with less than everything, blue-green is a canary of one step', async () => {
  const repository = await world.repository('bounded', modelFiles(yaml('strategy: blue-green')))
  await inPhase((await release('bounded', repository, 1)).id, 'promoted')
  const { id } = await release('bounded', repository, 2)
  expect(await inPhase(id, 'progressing')).toMatchObject({ strategy: 'canary', weight: 0.25 })
})
