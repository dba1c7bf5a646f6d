import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'
import { sealSecret } from '../../access/secret-values.ts'
import { Dispatcher } from '../dispatch.ts'
import { PipelineReconciler } from '../reconcile.ts'

let world: TestPlane
beforeEach(async () => {
  world = await aPlane()
  await keep('API_KEY', 'correct horse')
})
afterEach(() => world.close())

async function keep(name: string, value: string, environment = '*'): Promise<void> {
  const { stores, vault, clock } = world.plane
  const { id } = (await stores.access.projectByName('digits'))!
  await stores.access.setSecret(id, {
    name,
    environment,
    kind: 'variable',
    protected: true,
    masked: true,
    literal: true,
    sealed: await sealSecret(vault, id, { name, environment }, value),
    createdAt: clock.now(),
  })
}

const lease = () => {
  const dispatcher = new Dispatcher(world.plane, new PipelineReconciler(world.plane), 0)
  return dispatcher.lease({ runner: 'r', capacity: 1, sandbox: 'none' }, new AbortController().signal)
}

describe('a job that asks for a secret by name', () => {
  const asks = (secret: string, file = true): Partial<PlannedJob> => ({
    dialect: 'gitlab',
    secrets: [{ variable: 'PASSWORD', secret, file }],
  })

  test('finds it in a file, or in its variable, and it is masked', async () => {
    await world.pipeline(asks('API_KEY'))
    const [inFile] = await lease()
    expect(inFile?.files?.['PASSWORD']).toBe('correct horse')
    expect(inFile?.env['PASSWORD']).toBeUndefined()
    expect(inFile?.secrets).toContain('correct horse')
    await world.pipeline(asks('API_KEY', false))
    expect((await lease())[0]?.env['PASSWORD']).toBe('correct horse')
  })

  test.each([
    ['db-password', 'no secret can have that name'],
    ['DB_PASSWORD', 'digits has none of that name'],
    ['LIVE_KEY', 'it is for other environments (live)'],
  ])('%s is errored before it starts: %s', async (secret, why) => {
    await keep('LIVE_KEY', 'x', 'live')
    const { jobs } = await world.pipeline(asks(secret))
    expect(await lease()).toEqual([])
    expect(await world.plane.stores.pipelines.job(jobs[0]!.id)).toMatchObject({
      state: 'errored',
      reason: expect.stringContaining(`asks for the secret '${secret}', and ${why}`),
    })
  })

  test('on a ref that is not protected gets no protected one', async () => {
    const { jobs } = await world.add({ ref: 'refs/heads/topic' }, asks('API_KEY'))
    await world.plane.stores.pipelines.moveJob(jobs[0]!.id, 'blocked', 'ready', {
      now: world.plane.clock.now(),
    })
    expect(await lease()).toEqual([])
    expect(await world.plane.stores.pipelines.job(jobs[0]!.id)).toMatchObject({
      state: 'errored',
      reason: expect.stringContaining('it is for protected refs only, and refs/heads/topic is none'),
    })
  })
})
