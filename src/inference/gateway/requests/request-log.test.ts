import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TrafficWorld, text } from '../../../../test/fixtures/traffic-world.ts'
import { createLogger } from '../../../core/index.ts'
import { Registry } from '../telemetry/registry.ts'
import { takeMirrored } from './mirrored.ts'
import type { Taken } from './record.ts'
import { RequestLog } from './request-log.ts'
import { logRule } from './rule.ts'

const LOG = { share: 1, redact: [] as string[], bodies: false, keepMs: 86_400_000, limitBytes: 1e7 }
const JSON_TYPE = 'content-type: application/json\n'

let world: TrafficWorld
let folder: string
let log: RequestLog

async function openLog(): Promise<RequestLog> {
  const opened = await RequestLog.open(folder, { logger: createLogger('test'), registry: new Registry() })
  world.state.requests = opened
  world.state.mirrors.onMirrored = (...pair) => takeMirrored(world.state, ...pair)
  return opened
}

beforeEach(async () => {
  world = new TrafficWorld()
  await world.start()
  folder = await mkdtemp(join(tmpdir(), 'requests-'))
  log = await openLog()
})
afterEach(async () => {
  await world.stop()
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

async function records(): Promise<Record<string, unknown>[]> {
  await log.flush()
  const found: Record<string, unknown>[] = []
  for (const { records } of await log.logs()) {
    for await (const json of records.lines()) found.push(JSON.parse(json))
  }
  return found
}

const answering = (data: readonly number[]) =>
  text(
    200,
    JSON.stringify({
      model_name: 'm',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, data.length], data }],
    }),
    JSON_TYPE,
  )

async function aRoute(more: Partial<typeof LOG> = {}): Promise<void> {
  const replica = await world.replica('p', (_frame, reply) => reply(answering([0.1, 0.7, 0.2])))
  await world.route([['stable', 1, [replica]]], { traffic: { log: { ...LOG, ...more } } })
}

test('a request is written with its answer, what it decides, and who gave it', async () => {
  await aRoute()
  await world.ask({ body: '{"inputs":[{"name":"x","data":[1]}],\n"id":"mine"}', requestId: 'one' })
  expect(await records()).toEqual([
    {
      id: 'one',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      environment: 'production',
      model: 'm',
      versionId: 'ver_1',
      version: 1,
      arm: 'stable',
      status: 200,
      ms: expect.any(Number),
      upstreamMs: expect.any(Number),
      protocol: 'oip',
      request: { json: { inputs: [{ name: 'x', data: [1] }], id: 'mine' } },
      answer: {
        json: {
          model_name: 'm',
          outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: [0.1, 0.7, 0.2] }],
        },
      },
      decided: [{ index: 1 }],
    },
  ])
  expect(log.counts).toEqual({ written: 1, busy: 0, disk: 0, 'too large': 0 })
})

test('nothing is written where no log is declared, and no header ever', async () => {
  const replica = await world.replica('p', (_frame, reply) => reply(answering([1, 0])))
  await world.route([['stable', 1, [replica]]])
  await world.ask({ requestId: 'quiet' })
  expect(await records()).toEqual([])
  await world.route([['stable', 1, [replica]]], { traffic: { log: LOG } })
  await world.ask({ requestId: 'told', headers: { authorization: 'Bearer s3cr3t', cookie: 'k=s3cr3t' } })
  expect(await records()).toMatchObject([{ id: 'told' }])
  expect(JSON.stringify(await records())).not.toContain('s3cr3t')
})

test('a sample is chosen by id: the same requests each time, about its share of all', async () => {
  await aRoute({ share: 0.3 })
  const ids = Array.from({ length: 400 }, (_, i) => `req${i}`)
  for (const requestId of [...ids, ...ids]) await world.ask({ requestId })
  const counts = Map.groupBy(await records(), ({ id }) => id)
  expect(Math.abs(counts.size - 120)).toBeLessThan(40)
  for (const each of counts.values()) expect(each).toHaveLength(2)
})

test("a mirror's answer is a record of its own", async () => {
  const primary = await world.replica('p', (_frame, reply) => reply(answering([1, 0])))
  const mirror = await world.replica('s', (_frame, reply) => reply(answering([0, 1])))
  await world.route([['stable', 1, [primary]]], {
    traffic: { log: LOG, mirror: { share: 1, keep: 'digests', ...world.versioned(9, [mirror]) } },
  })
  await world.ask({ requestId: 'both' })
  await expect.poll(async () => (await records()).map(({ arm }) => arm)).toEqual(['stable', 'shadow'])
  expect(await records()).toMatchObject([
    { id: 'both', version: 1, decided: [{ index: 0 }], request: {} },
    { id: 'both', version: 9, versionId: 'ver_9', decided: [{ index: 1 }] },
  ])
})

test('what waits is bounded: more is dropped and counted', async () => {
  const body = Buffer.alloc(3 * 2 ** 20, 'x')
  for (let i = 0; i < 20; i++) log.take(aTaken(`big${i}`, body))
  // 32 MiB hold ten of them.
  expect(log.counts).toMatchObject({ busy: 10, written: 0 })
  expect((await records()).map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, i) => `big${i}`))
  log.take(aTaken('later', body))
  expect((await records()).at(-1)).toMatchObject({ id: 'later' })
  expect(log.counts).toEqual({ written: 11, busy: 10, disk: 0, 'too large': 0 })
})

test('a disk that takes nothing is told once and counted, and is tried again', async () => {
  await rm(folder, { recursive: true })
  await writeFile(folder, 'in the way')
  log.take(aTaken('lost'))
  await log.flush()
  expect(log.counts).toMatchObject({ disk: 1, written: 0 })
  await rm(folder)
  log.take(aTaken('kept'))
  expect(await records()).toMatchObject([{ id: 'kept' }])
})

function aTaken(requestId: string, body: Buffer = Buffer.from('{}')): Taken {
  return {
    rule: logRule(LOG, undefined),
    requestId,
    at: 0,
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
    request: { body: { chunks: [body], bytes: body.length }, header: () => undefined },
    answer: undefined,
  }
}

test('a log that is opened again goes on, and keeps its limits without being declared', async () => {
  await aRoute()
  await world.ask({ requestId: 'before' })
  await log.close()
  log = await openLog()
  await world.ask({ requestId: 'after' })
  expect((await records()).map(({ id }) => id)).toEqual(['before', 'after'])
  expect(await readdir(folder)).toEqual(['production~m'])
  expect(JSON.parse(await readFile(join(folder, 'production~m', 'log.json'), 'utf8'))).toEqual({
    environment: 'production',
    model: 'm',
    keepMs: LOG.keepMs,
    maxBytes: LOG.limitBytes,
  })
})
