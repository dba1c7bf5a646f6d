import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { newId, type ProjectId } from '../../../core/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

async function aProject(name: string): Promise<ProjectId> {
  const { stores, clock } = world.plane.plane
  const project = newId('project')
  await stores.access.addProject({ id: project, name, defaultBranch: 'main', createdAt: clock.now() })
  return project
}
const begin = (project: ProjectId, name: string, count: number, plan: Partial<PlannedJob> = {}) =>
  world.begin({ project }, ...Array.from({ length: count }, (_, i) => ({ name: `${name}${i}`, ...plan })))

const names = async (request: Parameters<EngineWorld['lease']>[0]) =>
  (await world.lease(request)).map(({ jobName }) => jobName).join(' ')

describe('projects', () => {
  test('take turns, and each keeps the order of its pipelines', async () => {
    const [big, small] = [await aProject('big'), await aProject('small')]
    await begin(big, 'a', 400)
    await begin(small, 'b', 2)
    await begin(big, 'c', 1)
    expect(await names({ capacity: 6 })).toBe('a0 b0 a1 b1 a2 a3')
  })

  test('of which fewer jobs run come first', async () => {
    const [big, small] = [await aProject('big'), await aProject('small')]
    await begin(big, 'a', 9)
    expect(await names({ capacity: 4 })).toBe('a0 a1 a2 a3')
    await begin(small, 'b', 9)
    expect(await names({ capacity: 6 })).toBe('b0 b1 b2 b3 a4 b4')
  })

  test('take turns on a runner of one slot too, where nothing runs as it asks', async () => {
    const [big, small] = [await aProject('big'), await aProject('small')]
    await begin(big, 'a', 9)
    await begin(small, 'b', 2)
    const order: string[] = []
    for (let i = 0; i < 5; i++) {
      const [offer] = await world.lease({ capacity: 1 })
      order.push(offer!.jobName)
      await world.finish(offer!)
    }
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2'])
  })

  test('whose jobs are for other runners keep nobody waiting', async () => {
    const [gpus, plain] = [await aProject('gpus'), await aProject('plain')]
    await begin(gpus, 'g', 120, { labels: ['gpu'] })
    await begin(plain, 'p', 3)
    expect(await names({ capacity: 2 })).toBe('p0 p1')
    expect(await names({ capacity: 3, labels: ['gpu'] })).toBe('g0 g1 p2')
  })
})
