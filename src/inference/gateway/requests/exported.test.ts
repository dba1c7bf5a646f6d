import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TrafficWorld } from '../../../../test/fixtures/traffic-world.ts'
import type { RequestsQuery } from '../../../api/index.ts'
import { createLogger } from '../../../core/index.ts'
import { exported } from './exported.ts'
import { openRequests, type Requests } from './open.ts'
import type { Taken } from './record.ts'
import { logRule } from './rule.ts'

const LOG = { share: 1, redact: [] as string[], bodies: false, keepMs: 86_400_000, limitBytes: 1e8 }
const NOON = Date.UTC(2025, 0, 1, 12)
const ANYONE = { by: 'tok_ada', projects: undefined }

let folder: string
let world: TrafficWorld
let requests: Requests
let leave: AbortController

beforeEach(async () => {
  leave = new AbortController()
  folder = await mkdtemp(join(tmpdir(), 'exported-'))
  world = new TrafficWorld()
  requests = await openRequests(world.state, { folder, logger: createLogger('test') })
})
afterEach(async () => {
  leave.abort()
  await requests.close()
  await world.stop()
  await rm(folder, { recursive: true, force: true })
})

function take(requestId: string, more: Partial<Taken> = {}, body = '{}'): void {
  requests.log.take({
    rule: logRule(LOG, undefined),
    requestId,
    at: NOON,
    environment: 'production',
    model: 'm',
    versionId: 'ver_1',
    version: 1,
    arm: 'stable',
    drawn: true,
    draw: 0.5,
    status: 200,
    code: undefined,
    ms: 1,
    upstreamMs: 1,
    protocol: 'oip',
    token: undefined,
    traceId: undefined,
    request: { body: { chunks: [Buffer.from(body)], bytes: body.length }, header: () => undefined },
    answer: undefined,
    ...more,
  })
}

const blocks = (query: Partial<RequestsQuery>) =>
  exported(requests.log, { model: 'm', ...query }, leave.signal)

async function linesOf(query: Partial<RequestsQuery>): Promise<{ readonly id: string }[]> {
  const lines: { readonly id: string }[] = []
  for await (const { text, records } of blocks(query)) {
    const here = text.trimEnd().split('\n')
    expect(here).toHaveLength(records)
    lines.push(...here.map(line => JSON.parse(line) as { readonly id: string }))
  }
  return lines
}

const idsOf = async (query: Partial<RequestsQuery>) => (await linesOf(query)).map(({ id }) => id)

test('each request is given with what was told of it', async () => {
  take('a')
  take('b', { status: 503, code: 'NO_REPLICA', versionId: undefined, version: undefined, arm: undefined })
  await requests.labels.give([{ id: 'a', label: 'cat', reward: 2 }], ANYONE)
  const [a, b] = await linesOf({})
  const [at, by] = [expect.stringMatching(/^\d{4}-.*Z$/), 'tok_ada']
  expect(a).toMatchObject({
    id: 'a',
    labels: [
      { kind: 'label', value: 'cat', at, by },
      { kind: 'reward', value: 2, at, by },
    ],
  })
  expect(b).toMatchObject({ id: 'b', status: 503, code: 'NO_REPLICA' })
  expect(b).not.toHaveProperty('labels')
  expect(await idsOf({ labelled: true })).toEqual(['a'])
})

test.each([
  [{}, ['early', 'noon', 'late', 'staged']],
  [{ since: NOON }, ['noon', 'late', 'staged']],
  [{ until: NOON }, ['early']],
  [{ since: NOON, until: NOON + 1 }, ['noon', 'staged']],
  [{ version: 2 }, ['late']],
  [{ version: 3 }, []],
  [{ environment: 'staging' }, ['staged']],
  [{ model: 'other' }, ['foreign']],
] satisfies [Partial<RequestsQuery>, string[]][])('%j asks for %j', async (query, ids) => {
  take('early', { at: NOON - 1 })
  take('noon')
  take('late', { at: NOON + 1, versionId: 'ver_2', version: 2 })
  take('staged', { environment: 'staging' })
  take('foreign', { model: 'other' })
  expect((await idsOf(query)).sort()).toEqual([...ids].sort())
})

test("what a caller sends is no request's version or time", async () => {
  const rest = '"at":"2024-01-01T00:00:00.000Z","environment":"production","model":"m","version":9}'
  take('a', { versionId: undefined, version: undefined }, `{"id":"a",${rest}`)
  expect(await idsOf({ version: 9 })).toEqual([])
  expect(await idsOf({ until: NOON })).toEqual([])
  expect(await idsOf({ since: NOON })).toEqual(['a'])
})

test('a long log comes in blocks, and can be left in the middle of it', async () => {
  for (let i = 0; i < 500; i++) take(`r${i}`, {}, JSON.stringify({ text: 'x'.repeat(1000) }))
  const sizes: number[] = []
  for await (const { text } of blocks({})) sizes.push(text.length)
  expect(sizes.length).toBeGreaterThan(5)
  expect(Math.max(...sizes)).toBeLessThan(70_000)
  const source = blocks({})
  await source.next()
  leave.abort()
  await expect(source.next()).rejects.toThrow('aborted')
})

test('a follower gets what is written from then on', async () => {
  take('before')
  await requests.log.flush()
  const source = blocks({ follow: true, version: 1 })
  const first = source.next()
  take('other', { version: 2 })
  take('after')
  await requests.log.flush()
  expect((await first).value).toEqual({ text: expect.stringContaining('"id":"after"'), records: 1 })
  const second = source.next()
  leave.abort()
  expect(await second).toEqual({ done: true, value: undefined })
})

test('a follower that takes nothing is told how much it missed, and holds up nobody', async () => {
  const source = blocks({ follow: true })
  const first = source.next()
  take('first')
  await requests.log.flush()
  await first
  const body = JSON.stringify({ text: 'x'.repeat(200_000) })
  for (let i = 0; i < 90; i++) {
    take(`r${i}`, {}, body)
    await requests.log.flush()
  }
  expect(requests.log.counts).toMatchObject({ written: 91, busy: 0 })
  const kept = (await source.next()).value!
  expect(kept.records).toBe(83)
  expect((await source.next()).value).toEqual({ text: '{"lost":7}\n', records: 1 })
})
