import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aRollout, aVersion } from '../../../test/contracts/stores/world.ts'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import { isSigned, Receiver } from '../../../test/server/receiver.ts'
import { until } from '../../../test/server/world.ts'
import { type ChannelTarget, channelBodySchema, NEWS, USUAL_NEWS_KINDS } from '../../api/index.ts'
import { type Logger, newId, silentLogger } from '../../core/index.ts'
import { type Channel, NEWS_KINDS, type Notice } from '../../notify/index.ts'
import { Background } from '../background.ts'
import { allow } from './allowed.ts'
import { addChannel, changeChannel } from './channels.ts'
import { HeldRollouts } from './held.ts'
import { Notifier } from './notifier.ts'

let world: TestPlane
let receiver: Receiver
let background: Background
let notifier: Notifier
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

beforeEach(async () => {
  world = await aPlane()
  await allow(world.plane.stores.settings, ['private', 'plain'])
  receiver = await Receiver.start()
  begin()
})
afterEach(async () => {
  notifier.stop()
  await background.settled()
  await receiver.close()
  await world.close()
})

function begin(logger: Logger = silentLogger): void {
  background = new Background(logger)
  const plane = { ...world.plane, logger }
  notifier = new Notifier(plane, background, new HeldRollouts(plane, () => 'Holds for evidence'))
}

async function add(target: Partial<ChannelTarget> = {}, name = 'ops', more: object = {}) {
  const [project] = await world.plane.stores.access.projects()
  const whole = { kind: 'webhook', url: receiver.url, secret: SECRET, ...target }
  return addChannel(world.plane, project!, channelBodySchema.parse({ name, target: whole, ...more }))
}

const tell = ({ id }: Channel) =>
  world.plane.stores.notify.tell(id, { kind: 'test', by: 'ada' }, world.plane.clock.now())
const log = ({ id }: Channel): Promise<readonly Notice[]> => world.plane.stores.notify.notices(id, 50)
async function tick(): Promise<void> {
  await notifier.tick()
  await background.settled()
}

test('the wire has the same news as the part that tells them', () => {
  expect(NEWS).toEqual(NEWS_KINDS)
  expect(NEWS).toEqual(expect.arrayContaining([...USUAL_NEWS_KINDS]))
})

test('what waits is told in its order, each signed, until all is told', async () => {
  const { channel } = await add()
  const ids = [await tell(channel), await tell(channel), await tell(channel)]
  await tick()
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(ids)
  const now = world.plane.clock.now()
  expect(receiver.received.every(each => isSigned(each, SECRET, now))).toBe(true)
  const [first] = receiver.received
  expect(isSigned({ ...first!, body: first!.body.replace('ada', 'eve') }, SECRET, now)).toBe(false)
  expect(isSigned(first!, SECRET, now + 301_000)).toBe(false)
  expect((await log(channel)).map(({ state, status, tries }) => [state, status, tries])).toEqual(
    ids.map(() => ['sent', 204, 1]),
  )
  await tick()
  expect(receiver.received).toHaveLength(3)
})

test("the guide's own check takes what is signed and nothing else", async () => {
  const guide = await readFile(join(import.meta.dirname, '../../../docs/notifications.md'), 'utf8')
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(guide) ?? []
  const { isFromBallast } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromBallast(headers: object, body: string, secret: string, now?: number): boolean
  }
  const { channel } = await add()
  await tell(channel)
  await tick()
  const { headers, body } = receiver.received[0]!
  const now = world.plane.clock.now()
  expect(isFromBallast(headers, body, SECRET, now)).toBe(true)
  const other = { ...headers, 'webhook-signature': `v1,AAAA ${String(headers['webhook-signature'])}` }
  expect(isFromBallast(other, body, SECRET, now)).toBe(true)
  expect(isFromBallast(headers, `${body} `, SECRET, now)).toBe(false)
  expect(isFromBallast({ ...headers, 'webhook-id': 'ntc_other' }, body, SECRET, now)).toBe(false)
  expect(isFromBallast(headers, body, SECRET, now + 301_000)).toBe(false)
  expect(isFromBallast({}, body, SECRET, now)).toBe(false)
})

test('a rollout that stands still is told of once for each step, after as long as the channel wants', async () => {
  const news = { news: ['rollout.held'] }
  const { channel } = await add({}, 'ops', { ...news, heldAfterMs: 600_000 })
  const { channel: patient } = await add({}, 'patient', { ...news, heldAfterMs: 3_600_000 })
  const { channel: other } = await add({}, 'other', { news: ['rollout.promoted'], heldAfterMs: 60_000 })
  const { stores, clock } = world.plane
  const version = await stores.versions.register(aVersion(channel.project))
  const times = { createdAt: clock.now(), stepStartedAt: clock.now() }
  const rollout = aRollout(version, { job: newId('job'), phase: 'progressing', weight: 0.05, ...times })
  await stores.rollouts.add(rollout)
  const told = async () => {
    await tick()
    return Promise.all([channel, patient, other].map(async each => (await log(each)).length))
  }
  expect(await told()).toEqual([0, 0, 0])
  world.pass(600_000)
  expect(await told()).toEqual([1, 0, 0])
  world.pass(600_000)
  expect(await told()).toEqual([1, 0, 0])
  expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({
    type: 'rollout.held',
    data: { reason: 'Holds for evidence', message: { title: 'digits v1 stands still in production at 5 %' } },
  })
  const next = { ...rollout, step: 1, weight: 0.25, stepStartedAt: clock.now() }
  const change = { at: clock.now(), phase: 'progressing', step: 1, weight: 0.25, reason: '' } as const
  await stores.rollouts.update(next, 1, change)
  world.pass(600_000)
  expect(await told()).toEqual([2, 0, 0])
  world.pass(3_000_000)
  expect(await told()).toEqual([2, 1, 0])
})

test('what is not taken is told again, with the same id and a signature of its own time', async () => {
  const { channel } = await add()
  receiver.answer(500, 200)
  const id = await tell(channel)
  await tick()
  expect(await log(channel)).toMatchObject([{ state: 'waiting', status: 500, problem: 'the answer was 500' }])
  await tick()
  expect(receiver.received).toHaveLength(1)
  world.pass(5000)
  await tick()
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(2)
  expect(receiver.received.every(each => isSigned(each, SECRET, world.plane.clock.now()))).toBe(true)
  expect(await log(channel)).toMatchObject([{ state: 'sent', status: 200, tries: 2 }])
})

test('a channel that takes nothing keeps no other waiting, and nothing overtakes in it', async () => {
  const dead = await Receiver.start()
  const { channel: bad } = await add({ url: dead.url }, 'bad')
  await dead.close()
  const { channel: good } = await add()
  const waiting = [await tell(bad), await tell(bad)]
  await tell(good)
  await tick()
  expect(await log(good)).toMatchObject([{ state: 'sent' }])
  expect((await log(bad)).toReversed()).toMatchObject([
    { id: waiting[0], state: 'waiting', tries: 1 },
    { id: waiting[1], state: 'waiting', tries: 0 },
  ])
})

test('after a day it is given up, and what came later has its turn', async () => {
  const { channel } = await add()
  receiver.answer(503)
  const early = await tell(channel)
  for (let tries = 1; (await log(channel)).some(({ state }) => state === 'waiting'); tries++) {
    expect(tries).toBeLessThan(60)
    await tick()
    world.pass(3_600_000)
  }
  expect(await log(channel)).toMatchObject([{ id: early, state: 'given-up', status: 503 }])
  expect((await log(channel))[0]!.tries).toBeGreaterThan(20)
  receiver.answer(204)
  await tell(channel)
  await tick()
  expect((await log(channel))[0]).toMatchObject({ state: 'sent' })
})

test('where nobody listens any more it is given up at once', async () => {
  const { channel } = await add()
  receiver.answer(410, 204)
  await tell(channel)
  await tell(channel)
  await tick()
  await tick()
  expect((await log(channel)).map(({ state }) => state)).toEqual(['sent', 'given-up'])
})

test('a stop in the midst of it counts as no try: it is told again after the start, with the same id', async () => {
  const { channel } = await add()
  receiver.answer(() => {}, 204)
  const id = await tell(channel)
  await notifier.tick()
  await until('it is being told', async () => receiver.received.length === 1)
  notifier.stop()
  await background.settled()
  expect(await log(channel)).toMatchObject([{ state: 'waiting', tries: 0 }])
  begin()
  await tick()
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
})

test('a new address is tried at once, and with the secret that was', async () => {
  const { channel } = await add({ url: 'http://127.0.0.1:9/' })
  await tell(channel)
  await tick()
  const current = (await world.plane.stores.notify.channel(channel.id))!
  expect(current).toMatchObject({ failures: 1 })
  const { secret } = await changeChannel(world.plane, current, {
    target: { kind: 'webhook', url: receiver.url },
  })
  expect(secret).toBeUndefined()
  await tick()
  expect(isSigned(receiver.received[0]!, SECRET, world.plane.clock.now())).toBe(true)
})

test('what is secret is in no row, no log and no message', async () => {
  const lines: string[] = []
  const write = (...words: readonly unknown[]) => void lines.push(JSON.stringify(words))
  begin({ ...silentLogger, info: write, warn: write, error: write })
  const { channel } = await add()
  const chat = await add({ kind: 'slack', url: receiver.url }, 'chat')
  receiver.answer(response => response.writeHead(500).end(`no such ${receiver.url} ${SECRET}`))
  await tell(channel)
  await tell(chat.channel)
  await tick()
  expect(lines).toHaveLength(2)
  const database = await readFile(join(world.plane.settings.dataDir, 'ballast.db-wal'), 'latin1')
  expect(database).toContain(channel.id)
  const seen = [
    database,
    ...lines,
    JSON.stringify([channel, chat, await log(channel), await log(chat.channel)]),
  ].join('\n')
  for (const secret of [SECRET, 'secret-path', 'secret-query']) expect(seen).not.toContain(secret)
})

test.each([
  [{ url: 'ftp://example.org/' }, 'OUTBOUND_REFUSED'],
  [{ url: 'nonsense' }, 'OUTBOUND_REFUSED'],
  [{ url: 'https://user:pass@example.org/' }, 'OUTBOUND_REFUSED'],
  [{ secret: 'whsec_short' }, 'REQUEST_INVALID'],
])('%j is refused when it is set', async (target, code) => {
  await expect(add(target)).rejects.toMatchObject({ code })
})

test.each(['http://example.org/', 'https://127.0.0.1/', 'https://[::1]/', 'https://169.254.169.254/latest'])(
  '%s is refused where no admin has allowed it',
  async url => {
    await allow(world.plane.stores.settings, [])
    await expect(add({ url })).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  },
)

test.each([
  { from: 'a@b.c\r\nBcc: eve@example.org' },
  { to: ['Ada <ada@example.org>'] },
  { to: ['ada@example.org,eve@example.org'] },
  { to: [] },
  { host: 'mail.example.org\r\nX' },
  { port: 0 },
  { credentials: { user: 'a\nb', password: 'c' } },
])('a mailbox with %j is none', change => {
  const target = {
    kind: 'email',
    host: 'mail.example.org',
    port: 465,
    security: 'tls',
    from: 'ballast@example.org',
    to: ['ada@example.org'],
  }
  expect(channelBodySchema.safeParse({ name: 'mail', target }).success).toBe(true)
  expect(channelBodySchema.safeParse({ name: 'mail', target: { ...target, ...change } }).success).toBe(false)
})
