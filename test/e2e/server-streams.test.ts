import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change, Offer } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { readEvents, type StreamEvent } from '../server/events.ts'
import { modelFiles, startWorld, type World } from '../server/world.ts'

let world: World
let runner: FakeRunner

beforeAll(async () => {
  world = await startWorld()
  runner = new FakeRunner(world)
})
afterAll(() => world.stop())

const YAML = 'model: model.onnx\njobs:\n  unit: { run: "true" }\ndeploy: { staging: { branch: never } }\n'

async function anAttempt(project: string): Promise<Offer> {
  const repository = await world.repository(project, modelFiles(YAML))
  await repository.pushAndLeave()
  return runner.take('unit')
}

/** Takes events until `enough`, then leaves. */
async function take(
  path: string,
  enough: (events: readonly StreamEvent[]) => boolean,
  options: {
    readonly token?: string
    readonly headers?: Record<string, string>
    readonly begun?: () => unknown
  } = {},
): Promise<readonly StreamEvent[]> {
  const token = options.token ?? (await world.secret())
  const found: StreamEvent[] = []
  const deadline = AbortSignal.timeout(15_000)
  const events = readEvents(world, path, token, options.headers, deadline, options.begun)
  for await (const event of events) {
    found.push(event)
    if (enough(found)) break
  }
  return found
}

const textOf = (events: readonly StreamEvent[]) =>
  events
    .filter(({ event }) => event === 'log')
    .map(({ data }) => Buffer.from((data as { base64: string }).base64, 'base64').toString())
    .join('')

describe('a log', () => {
  test('takes every byte once, whatever is sent again, and no hole', async () => {
    const offer = await anAttempt('appends')
    expect((await runner.log(offer, 0, 'hello ')).body).toStrictEqual({ length: 6 })
    expect((await runner.log(offer, 0, 'hello ')).body).toStrictEqual({ length: 6 })
    expect((await runner.log(offer, 3, 'lo world')).body).toStrictEqual({ length: 11 })
    const gap = await runner.log(offer, 99, 'too far')
    expect(gap).toMatchObject({ status: 416, body: { error: { code: 'LOG_GAP', details: { length: 11 } } } })
    const path = `/api/v1/attempts/${offer.attempt}/log`
    const token = await world.secret()
    expect((await world.call('GET', path, { token })).body).toBe('hello world')
    expect((await world.call('GET', `${path}?offset=6`, { token })).body).toBe('world')
    expect((await world.call('GET', `${path}?offset=999`, { token })).body).toBe('')
    await runner.end(offer)
    expect(await runner.log(offer, 11, 'late')).toMatchObject({ status: 409 })
  })

  test('is followed to its end, and taken up again where a reader stopped', async () => {
    const offer = await anAttempt('follows')
    const path = `/api/v1/attempts/${offer.attempt}/log/stream`
    await runner.log(offer, 0, 'one\n')
    const first = await take(path, events => textOf(events).length >= 4)
    expect(textOf(first)).toBe('one\n')
    const rest = take(path, events => events.at(-1)?.event === 'end', {
      headers: { 'last-event-id': first.at(-1)!.id! },
    })
    await runner.log(offer, 4, 'two\n')
    await runner.log(offer, 8, 'three\n')
    await runner.end(offer)
    const events = await rest
    expect(textOf(events)).toBe('two\nthree\n')
    expect(events.at(-1)).toMatchObject({ event: 'end', id: '14', data: { state: 'succeeded' } })
  })

  test('of some megabytes comes whole, in events of a bounded size', async () => {
    const offer = await anAttempt('large')
    const part = `${'0123456789abcdef'.repeat(64)}\n`.repeat(1000)
    for (let sent = 0; sent < 3; sent++) await runner.log(offer, sent * part.length, part)
    await runner.end(offer)
    const events = await take(
      `/api/v1/attempts/${offer.attempt}/log/stream`,
      found => found.at(-1)?.event === 'end',
    )
    expect(textOf(events)).toBe(part.repeat(3))
    expect(Math.max(...events.map(({ data }) => JSON.stringify(data).length))).toBeLessThan(400_000)
  })
})

describe('changes', () => {
  const changes = (events: readonly StreamEvent[]) => events.map(({ data }) => data as Change)

  test('are told only of projects that the reader may see', async () => {
    const mine = await world.admin<{ id: string }>('POST', '/projects', { name: 'mine' })
    const token = await world.person('reader', 'reader', 'mine', ['read'])
    const other = { begun: () => world.admin('POST', '/projects', { name: 'theirs' }) }
    const seen = take('/api/v1/events', found => found.length >= 2, { token, ...other })
    const told = async () => {
      await (await world.repository('theirs', modelFiles(YAML))).pushAndLeave()
      await (await world.repository('mine', modelFiles(YAML))).pushAndLeave()
    }
    await told()
    expect(new Set(changes(await seen).map(({ project }) => project))).toStrictEqual(new Set([mine.id]))
  })

  test('are taken up behind the last one that was seen; an id that nobody told means: read all again', async () => {
    const first = await take('/api/v1/events', found => found.length >= 1, {
      begun: () => world.admin('POST', '/projects', { name: 'c1' }),
    })
    await world.admin('POST', '/projects', { name: 'c2' })
    await world.admin('POST', '/projects', { name: 'c3' })
    const id = first.at(-1)?.id
    expect(id).toBeDefined()
    const again = await take('/api/v1/events', found => found.length >= 2, {
      headers: { 'last-event-id': id! },
    })
    expect(changes(again).map(({ kind }) => kind)).toStrictEqual(['project', 'project'])
    expect(again.every(({ id: next }) => Number(next) > Number(id))).toBe(true)
    for (const unknown of ['1', `${Number.MAX_SAFE_INTEGER}`]) {
      const [reset] = await take('/api/v1/events', found => found.length >= 1, {
        headers: { 'last-event-id': unknown },
      })
      expect(reset).toMatchObject({ event: 'reset' })
    }
  })

  test('end with the token that they were asked for by', async () => {
    const token = await world.token(['read'])
    const [{ id } = { id: '' }] = (
      await world.admin<{ id: string; createdAt: string }[]>('GET', '/tokens')
    ).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    const ended = take('/api/v1/events', () => false, {
      token,
      begun: () => world.admin('DELETE', `/tokens/${id}`),
    })
    await expect(ended).resolves.toBeDefined()
  })
})

test('open streams and waiting runners do not keep the server from ending', async () => {
  const offer = await anAttempt('open')
  const token = await world.secret()
  const opened = await Promise.all(
    ['/api/v1/events', `/api/v1/attempts/${offer.attempt}/log/stream`].map(path =>
      fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    ),
  )
  const leasing = runner.lease().catch(() => 'cut off')
  await world.close()
  await Promise.all(opened.map(response => response.text().catch(() => 'cut off')))
  await leasing
  await world.start()
  expect((await world.call('GET', '/healthz')).status).toBe(200)
})
