import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'
import { isFor, whyUnmatched } from './matching.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const IMAGE = { image: { name: 'node:24', pullPolicy: [] } } as const
const names = async (request: Parameters<EngineWorld['lease']>[0] = {}) =>
  (await world.lease(request)).map(({ jobName }) => jobName).join(' ')

describe('a runner', () => {
  test.each<[string, Parameters<typeof isFor>[0], Partial<PlannedJob>, boolean]>([
    ['without labels takes jobs without any', {}, {}, true],
    ['without labels takes none that asks for some', {}, { labels: ['gpu'] }, false],
    [
      'takes jobs whose labels it all has',
      { labels: ['gpu', 'linux', 'big'] },
      { labels: ['linux', 'gpu'] },
      true,
    ],
    ['takes none of which it lacks one', { labels: ['gpu'] }, { labels: ['gpu', 'linux'] }, false],
    ['with labels takes jobs without any', { labels: ['gpu'] }, {}, true],
    ['for labelled jobs alone does not', { labels: ['gpu'], untagged: false }, {}, false],
    ['that runs no images takes no job with one', {}, IMAGE, false],
    ['that runs images does', { images: true }, IMAGE, true],
    [
      'that runs no images takes no job with services',
      {},
      { services: [{ name: 'db', pullPolicy: [], aliases: [], variables: {} }] },
      false,
    ],
  ])('%s', (_, runner, job, expected) => {
    expect(isFor(runner, job)).toBe(expected)
  })
})

test('jobs for other runners are passed over, and keep their place', async () => {
  const gpu = Array.from({ length: 70 }, (_, i) => ({ name: `gpu-${i}`, labels: ['gpu'] }))
  await world.begin({}, ...gpu, { name: 'plain' })
  expect(await names({ capacity: 1 })).toBe('plain')
  expect(await names({ capacity: 1, labels: ['gpu'] })).toBe('gpu-0')
})

test('a runner is given what it has room for', async () => {
  const big = { resources: { cpu: 2, memoryBytes: 4e9 } }
  await world.begin({}, { name: 'a', ...big }, { name: 'b', ...big }, { name: 'c', resources: { cpu: 1 } })
  expect(await names({ free: { cpu: 3, memoryBytes: 8e9 } })).toBe('a c')
  expect(await names({ free: { cpu: 8, memoryBytes: 1e9 } })).toBe('')
  expect(await names()).toBe('b')
})

describe('a job that no runner takes', () => {
  const reason = async (id: Parameters<EngineWorld['job']>[0]) => (await world.job(id, 'a')).reason

  test('says so after a while, and is taken when one comes', async () => {
    const pipeline = await world.begin({}, { name: 'a', labels: ['gpu', 'linux'], ...IMAGE })
    await world.lease({ labels: ['gpu'] })
    await world.dispatcher.explain()
    expect(await reason(pipeline)).toBeUndefined()
    world.plane.pass(10_000)
    await world.dispatcher.explain()
    expect(await reason(pipeline)).toBe('waits for a runner with labels gpu, linux that runs images')
    expect(await names({ runner: 'r2', labels: ['gpu', 'linux'], images: true })).toBe('a')
    expect(await reason(pipeline)).toBeUndefined()
  })

  test('while the one for it is busy, says nothing', async () => {
    await world.begin({}, { name: 'first', labels: ['gpu'] })
    await world.lease({ labels: ['gpu'] })
    const pipeline = await world.begin({}, { name: 'a', labels: ['gpu'] })
    for (let i = 0; i < 2; i++) {
      await world.dispatcher.explain()
      world.plane.pass(10_000)
    }
    expect(await reason(pipeline)).toBeUndefined()
  })

  test.each([
    [{}, 'waits for a runner that takes jobs without labels'],
    [{ labels: ['gpu'] }, 'waits for a runner with label gpu'],
  ])('%j: %s', (job, expected) => {
    expect(whyUnmatched(job)).toBe(expected)
  })
})
