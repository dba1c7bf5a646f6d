import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { channelSetSchema, rolloutViewSchema } from '../../src/api/index.ts'
import { isSigned, Receiver } from '../server/receiver.ts'
import { until } from './world/until.ts'
import { deliver, deliverFirst, expectGoodEnd, served, worlds } from './world/world.ts'

const PER_SECOND = 10
const aWorld = worlds()
const armedIn = (folder: string) => join(folder, 'armed')
const markerIn = (folder: string) => join(armedIn(folder), 'kill')

let receiver: Receiver
beforeAll(async () => {
  receiver = await Receiver.start()
})
beforeEach(() => receiver.answer(204))
afterAll(() => receiver.close())

const told = () =>
  receiver.received.map(({ headers, body }) => ({
    id: headers['webhook-id'],
    what: (JSON.parse(body) as { type: string; data: { version: number } }).type,
    version: (JSON.parse(body) as { data: { version: number } }).data.version,
  }))

test.each(['rollout-updated', 'rollout-published', 'notice-taken'] as const)(
  'a channel is told of a promotion and of a return, though the server is killed at %s',
  async boundary => {
    const world = await aWorld({
      env: folder => ({ BALLAST_KILL_AT: `${boundary}=${markerIn(folder)}` }),
      strategy: 'strategy: immediate',
    })
    const { made } = world
    await deliverFirst(world, PER_SECOND)
    await made.api.tell('PUT', '/settings/notifications', { allow: ['private', 'plain'] })
    const target = { kind: 'webhook', url: receiver.url }
    const body = { name: 'ops', target, news: ['rollout.promoted', 'rollout.rolled-back'] }
    const { secret } = await made.api.send('POST', '/projects/digits/channels', body, channelSetSchema)

    await mkdir(armedIn(made.folder))
    await deliver(world, 2, 'better.onnx')
    await served(world, 2)
    await until('the promotion is told', async () => told().length > 0 || undefined, 30_000)
    await until('the kill', async () => existsSync(markerIn(made.folder)) || undefined, 30_000)
    await made.pids()
    await made.api.send('POST', '/models/digits/rollback', {}, rolloutViewSchema)
    await until(
      'the return is told',
      async () => told().some(({ what }) => what === 'rollout.rolled-back') || undefined,
      30_000,
    )

    const ids = [...new Set(told().map(({ id }) => id))]
    const once = ids.map(id => told().find(each => each.id === id))
    expect(once).toMatchObject([
      { what: 'rollout.promoted', version: 2 },
      { what: 'rollout.rolled-back', version: 1 },
    ])
    // At most one was repeated: that which was taken as the server died.
    expect(told().length - ids.length).toBe(boundary === 'notice-taken' ? 1 : 0)
    expect(receiver.received.every(each => isSigned(each, secret!))).toBe(true)
    await expectGoodEnd(world)
  },
)
