import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoutingTable, WantedReplica } from '../../src/api/index.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { json, ServingWorld } from '../fixtures/serving-world.ts'

const world = new ServingWorld()
const INFER = '/v2/models/digits/infer'
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })
const hash = (secret: string) => createHash('sha256').update(secret).digest('hex')

beforeAll(async () => {
  await world.start()
  await world.serve([aReplica('rep_a', 1, 1), aReplica('rep_b', 2, 2)])
})
afterAll(() => world.stop())

function aReplica(replica: string, versionNumber: number, seed: number): WantedReplica {
  return {
    replica,
    version: `ver_${versionNumber}`,
    versionNumber,
    model: 'digits',
    config: { name: 'digits', task: 'classification', labels: [], preprocess: [] },
    files: [world.plane.addBlob('model.onnx', writeMlp(4, 8, 3, seed))],
  }
}

type Route = RoutingTable['routes'][number]

function aRoute(more: Partial<Route> = {}): Route {
  return {
    model: 'digits',
    environment: 'production',
    project: 'prj_1',
    predictions: 'public',
    arms: [world.arm('stable', 1, 1, ['rep_a'])],
    standby: [],
    ...more,
  }
}

test('a gateway tells its region, by which rollouts reach it in waves', () => {
  expect(world.plane.gatewayRegion).toBe('eu')
})

test('a mirror answers nobody, and its answers stand beside those of its primary', async () => {
  const { arm: _, weight: _weight, ...second } = world.arm('canary', 2, 0, ['rep_b'])
  await world.route([aRoute({ traffic: { mirror: { ...second, share: 1, keep: 'answers' } } })])
  for (let i = 0; i < 20; i++) {
    const answer = await world.call(INFER, BODY, { 'x-request-id': `req-${i}` })
    expect(answer).toMatchObject({ status: 200, headers: { 'ballast-model-version': '1' } })
  }
  await world.until(() => world.plane.gatewayReport?.mirrors?.[0]?.pairs === 20)
  expect(world.plane.gatewayReport?.mirrors).toMatchObject([
    { primary: 'ver_1', mirror: 'ver_2', pairs: 20, compared: 20, mirrorErrors: 0, dropped: 0 },
  ])
  const file = join(world.folder, 'gateway', 'pairs.jsonl')
  await world.until(async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').length === 21)
  const pairs = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  for (const pair of pairs) {
    const [mine, its] = [pair.primary.answer, pair.mirror.answer].map(
      text => JSON.parse(text).outputs[0].data as number[],
    )
    const difference = Math.max(...mine!.map((value, i) => Math.abs(value - its![i]!)))
    expect(pair.largestDifference).toBeCloseTo(difference, 12)
    expect(pair.largestDifference).toBeGreaterThan(0)
  }
  expect(pairs.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 20 }, (_, i) => `req-${i}`))
  expect(String((await world.call('/metrics')).body)).toMatch(
    /^ballast_mirror_pairs_total\{.*mirror="ver_2".*\} 20$/m,
  )
})

test('headers choose a version, and cookies keep callers with one', async () => {
  const arms = [world.arm('stable', 1, 0.5, ['rep_a']), world.arm('canary', 2, 0.5, ['rep_b'])]
  await world.route([
    aRoute({
      arms,
      traffic: {
        sticky: { kind: 'cookie', name: 'arm', maxAgeMs: 60_000 },
        rules: [{ header: 'x-debug', match: { kind: 'is', text: '1' }, to: { kind: 'arm', arm: 'canary' } }],
      },
    }),
  ])
  for (let i = 0; i < 10; i++) {
    expect((await world.call(INFER, BODY, { 'x-debug': '1' })).headers['ballast-arm']).toBe('canary')
  }
  for (let caller = 0; caller < 8; caller++) {
    const first = await world.call(INFER, BODY)
    const [given] = [first.headers['set-cookie']].flat()
    expect(given).toMatch(/^arm=[0-9a-z]{16}; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax$/)
    const cookie = given!.split(';')[0]!
    for (let i = 0; i < 5; i++) {
      const next = await world.call(INFER, BODY, { cookie })
      expect(next.headers['ballast-arm']).toBe(first.headers['ballast-arm'])
      expect(next.headers['set-cookie']).toBeUndefined()
    }
  }
})

test('a quota holds over kill -9 of the gateway; a rate says when to come again', async () => {
  const limited = { quota: { requests: 30, per: 'day' as const } }
  const tokens = [
    { hash: hash('metered'), id: 'tok_1', limits: limited },
    { hash: hash('slow'), id: 'tok_2', limits: { rate: { perSecond: 0.1, burst: 2 } } },
  ]
  const table = { tokens, leaseMs: 10_000 }
  await world.route([aRoute({ predictions: 'token' })], table)
  const as = (secret: string) => world.call(INFER, BODY, { authorization: `Bearer ${secret}` })
  const slow = [await as('slow'), await as('slow'), await as('slow')]
  expect(slow.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(json(slow[2]!)).toMatchObject({ code: 'RATE_LIMITED' })
  expect(Number(slow[2]!.headers['retry-after'])).toBeGreaterThan(5)
  expect(slow[0]!.headers['ratelimit-policy']).toBe('"token";q=2;w=20')

  for (let i = 0; i < 10; i++) expect(await as('metered')).toMatchObject({ status: 200 })
  await world.until(() => world.plane.gatewayReport?.quotas?.[0]?.used === 10)
  const file = join(world.folder, 'gateway', 'quotas.json')
  await world.until(async () => JSON.parse(await readFile(file, 'utf8').catch(() => '[]'))[0]?.used === 10)
  await world.end('gateway', 'SIGKILL')
  world.startGateway()
  await world.until(async () => (await as('metered').catch(() => undefined))?.status === 200)
  await world.until(() => world.plane.gatewayReport?.quotas?.[0]?.used === 11)
  let answered = 11
  for (;;) {
    const answer = await as('metered')
    if (answer.status !== 200) {
      expect(json(answer)).toMatchObject({ code: 'QUOTA_EXCEEDED' })
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      break
    }
    answered++
  }
  expect(answered).toBe(30)
  expect(world.log('gateway')).not.toMatch(/metered|slow/)
})

test('a table of before, on disk, is routed by', async () => {
  await world.route([aRoute()])
  const file = join(world.folder, 'gateway', 'table.json')
  await world.until(
    async () => JSON.parse(await readFile(file, 'utf8')).revision === world.plane.table.revision,
  )
  await world.end('gateway', 'SIGTERM')
  await world.plane.stop()
  const { revision, leaseMs, routes } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ revision, leaseMs, routes, tokens: [{ hash: hash('old') }] }))
  await writeFile(join(world.folder, 'gateway', 'quotas.json'), '{"damaged')
  world.startGateway()
  await world.until(async () => (await world.call(INFER, BODY).catch(() => undefined))?.status === 200)
  await world.plane.start()
})
