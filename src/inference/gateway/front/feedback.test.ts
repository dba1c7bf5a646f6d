import { hash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FrontWorld } from '../../../../test/fixtures/front-world.ts'
import { createLogger } from '../../../core/index.ts'
import { openRequests } from '../requests/open.ts'

const LOG = { share: 1, redact: [], bodies: false, keepMs: 86_400_000, limitBytes: 1e7 }
const token = (secret: string, project: string) => ({ hash: hash('sha256', secret), project, id: secret })

let world: FrontWorld
beforeEach(async () => {
  world = new FrontWorld()
  await world.start()
  const folder = await mkdtemp(join(tmpdir(), 'feedback-'))
  const requests = await openRequests(world.state, { folder, logger: createLogger('test') })
  world.onStop(async () => {
    await requests.close()
    await rm(folder, { recursive: true, force: true })
  })
  await world.serve(
    'm',
    [
      (_frame, reply) => {
        const body = [Buffer.from('{"model":"m","version":1,"label":"cat","index":0}')]
        reply({ status: 200, headers: 'content-type: application/json\n', body })
      },
    ],
    { traffic: { log: LOG } },
    [token('ours', 'prj_1'), { ...token('slow', 'prj_1'), limits: { rate: { perSecond: 0.001, burst: 1 } } }],
  )
})
afterEach(() => world.stop())

async function tell(body: string, secret = 'ours') {
  const response = await fetch(`http://127.0.0.1:${world.port}/v1/feedback`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${secret}` },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function predict(requestId: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${world.port}/v2/models/m/predict`, {
    method: 'POST',
    body: 'text',
    headers: { 'content-type': 'text/plain', 'x-request-id': requestId },
  })
  expect(response.headers.get('ballast-request-id')).toBe(requestId)
  await response.arrayBuffer()
}

test('each item of a call is told what became of it', async () => {
  for (const id of ['a', 'b']) await predict(id)
  const lines = ['{"id":"a","label":"cat"}', '{"id":"b","label":"dog","reward":1}', '{"id":"c","score":1}']
  expect(await tell(lines.join('\n'))).toEqual({
    status: 200,
    body: {
      counts: { joined: 2, waiting: 1 },
      items: [
        { id: 'a', outcome: 'joined' },
        { id: 'b', outcome: 'joined' },
        { id: 'c', outcome: 'waiting' },
      ],
    },
  })
  expect((await tell(lines[0]!)).body).toMatchObject({ counts: { repeated: 1 } })
})

test('it takes a token, also where predictions take none, and its limits', async () => {
  await predict('a')
  const item = '{"id":"a","label":"cat"}'
  for (const secret of ['', 'nobody']) {
    expect(await tell(item, secret)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  }
  expect(await tell(item, 'slow')).toMatchObject({ status: 200 })
  expect(await tell(item, 'slow')).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } })
})

test.each([
  ['too much', 'x'.repeat(5 * 2 ** 20), 413, 'BODY_TOO_LARGE'],
  ['too many', '{"id":"a","label":1}\n'.repeat(1001), 400, 'REQUEST_INVALID'],
  ['too deep', '['.repeat(1_000_000), 400, 'REQUEST_INVALID'],
  ['one mistake among many', '{"id":"a","label":1}\n{"id":"a"}', 400, 'REQUEST_INVALID'],
])('%s is refused, and nothing of it is taken', async (_, body, status, code) => {
  await predict('a')
  expect(await tell(body)).toMatchObject({ status, body: { code } })
  expect((await tell('{"id":"a","label":"cat"}')).body).toMatchObject({ counts: { joined: 1 } })
})

test('a gateway without a log of requests says so', async () => {
  world.state.labels = undefined
  expect(await tell('{"id":"a","label":1}')).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } })
})
