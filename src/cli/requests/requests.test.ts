import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { describeQuality, describeRequest } from './describe.ts'
import { type FeedbackTarget, sendFeedback } from './feedback.ts'
import { exportedLines, linesOf } from './lines.ts'
import { requestsPath } from './query.ts'

const NOON = Date.UTC(2026, 10, 28, 12)
const bytes = (...parts: readonly string[]) => Readable.from(parts.map(part => Buffer.from(part)))

test.each([
  ['2h', '2026-11-28T10:00:00.000Z'],
  ['2026-11-28', '2026-11-28T00:00:00.000Z'],
  ['2026-11-28T10:00+02:00', '2026-11-28T08:00:00.000Z'],
])('since %s is %s', (since, expected) => {
  const path = requestsPath('a/b', { since, version: 3, labelled: true }, {}, NOON)
  const url = new URL(path, 'http://localhost')
  expect(url.pathname).toBe('/models/a%2Fb/requests')
  expect(Object.fromEntries(url.searchParams)).toEqual({ since: expected, version: '3', labelled: 'true' })
})

test.each(['yesterday', '', '2026-13-45', '28.11.2026', '1e300d'])('%j is no time', since => {
  expect(() => requestsPath('m', { since })).toThrow(expect.objectContaining({ code: 'TIME_INVALID' }))
})

test('lines are whole, however bytes are cut', async () => {
  const all = Buffer.from('{"a":"é"}\n\n{"b":1}')
  for (let size = 1; size <= all.length; size++) {
    const parts: Buffer[] = []
    for (let at = 0; at < all.length; at += size) parts.push(all.subarray(at, at + size))
    expect(await Readable.from(linesOf(Readable.from(parts))).toArray()).toEqual(['{"a":"é"}', '', '{"b":1}'])
  }
})

const end = (...gateways: readonly object[]) => `${JSON.stringify({ end: { gateways } })}\n`
const whole = { gateway: 'a', records: 1, whole: true }

test.each([
  ['of no gateway', end(), 'no gateway'],
  ['with a gateway that broke off', end(whole, { gateway: 'b', records: 5, whole: false }), 'b (after 5)'],
  ['without an end', '', 'ended'],
])('an export %s gives what came, and throws', async (_, last, said) => {
  const seen: string[] = []
  const read = async () => {
    for await (const line of exportedLines(bytes('\n{"id":"1"}\n', last))) seen.push(line)
  }
  await expect(read()).rejects.toMatchObject({
    code: 'EXPORT_INCOMPLETE',
    message: expect.stringContaining(said),
  })
  expect(seen).toEqual(['{"id":"1"}'])
})

test('an export whose connection breaks is told as one', async () => {
  async function* broken() {
    yield Buffer.from('{"id":"1"}\n')
    throw new TypeError('terminated')
  }
  const read = Readable.from(exportedLines(broken())).toArray()
  await expect(read).rejects.toMatchObject({
    code: 'EXPORT_INCOMPLETE',
    message: expect.stringContaining('terminated'),
  })
})

test('an export that is whole ends well', async () => {
  expect(await Readable.from(exportedLines(bytes('\n{"id":"1"}\n\n', end(whole)))).toArray()).toEqual([
    '{"id":"1"}',
  ])
})

test('a followed request is a line, whatever is in it', () => {
  const line = {
    ...{ id: 'r1', at: '2026-11-28T12:00:00.000Z', environment: 'production', version: 3, arm: 'canary' },
    ...{ status: 200, ms: 1.25, decided: [{ label: 'cat\u001b[2J' }, { index: 4 }, { value: 0.5 }] },
  }
  expect(describeRequest(JSON.stringify(line))).toBe(
    '2026-11-28T12:00:00.000Z  production  v3  canary  200  1.25 ms  r1  cat [2J, 4, 0.5',
  )
  expect(describeRequest('{"lost":3}')).toBeUndefined()
})

test('quality is a row for each arm, and for each pair', () => {
  const sums = { count: 0, sum: 0, squares: 0 }
  const rollout = { id: 'rol_1', step: 0 }
  const arm = {
    ...{ version: 'ver_1', arm: 'stable', rollout, labelled: 4, incomparable: 0, correct: 3, wrong: 1 },
    ...{ errors: { ...sums, absolute: 0 }, scores: { count: 2, sum: 1, squares: 1 }, rewards: sums },
  }
  const pair = { ...{ primary: 'ver_1', shadow: 'ver_2', arm: 'stable', rollout, both: 1 } }
  const text = describeQuality({
    arms: [arm],
    pairs: [{ ...pair, onlyPrimary: 2, onlyShadow: 3, neither: 4 }],
  })
  expect(text.split('\n')).toEqual([
    'VERSION  ARM     ROLLOUT       LABELLED  CORRECT  WRONG  ACCURACY  ERROR  SCORE     REWARD',
    'ver_1    stable  rol_1 step 1  4         3        1      75 %      –      0.5 of 2  –',
    '',
    'VERSION  SHADOW  ROLLOUT       BOTH RIGHT  VERSION ONLY  SHADOW ONLY  BOTH WRONG',
    'ver_1    ver_2   rol_1 step 1  1           2             3            4',
  ])
})

let server: Server | undefined
afterEach(() => {
  server?.close()
  server = undefined
})

/** A gateway that answers with these statuses in turn, then takes everything; and what it took. */
async function aGateway(...statuses: number[]): Promise<{ target: FeedbackTarget; taken: object[][] }> {
  const taken: object[][] = []
  server = createServer(async (request, response) => {
    const text = String(Buffer.concat(await request.toArray()))
    const status = statuses.shift() ?? 200
    response.writeHead(status, { 'content-type': 'application/json' })
    if (status !== 200) {
      response.end('{"error":"Item 2: label is missing","code":"REQUEST_INVALID"}')
      return
    }
    const items = text.trim().split('\n')
    taken.push(items.map(line => JSON.parse(line) as object))
    response.end(JSON.stringify({ counts: { joined: items.length }, items: [] }))
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server!.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const target = { url: `http://127.0.0.1:${port}`, token: 's3cr3t', defaults: {}, timeoutMs: 5000 }
  return { target, taken }
}

test('a long file goes in parts, with what its lines do not name', async () => {
  const { target, taken } = await aGateway()
  const lines = Array.from({ length: 2500 }, (_, i) => `{"id":"r${i}","label":${i}}\n`)
  lines.splice(10, 0, '\n', '{"id":"own","label":1,"model":"other"}\n')
  expect(await sendFeedback(bytes(...lines), { ...target, defaults: { model: 'm' } })).toEqual({
    joined: 2501,
  })
  expect(taken.map(part => part.length)).toEqual([1000, 1000, 501])
  expect(taken[0]![10]).toEqual({ id: 'own', label: 1, model: 'other' })
  expect(taken[2]!.at(-1)).toEqual({ id: 'r2499', label: 2499, model: 'm' })
})

test('a gateway that is busy is asked again', async () => {
  const { target, taken } = await aGateway(503, 429)
  expect(await sendFeedback(bytes('{"id":"a","label":1}'), target)).toEqual({ joined: 1 })
  expect(taken).toEqual([[{ id: 'a', label: 1 }]])
})

test('what is wrong is told with its lines', async () => {
  const { target, taken } = await aGateway(400)
  const wrong = (file: string, said: string) =>
    expect(sendFeedback(bytes(file), target)).rejects.toMatchObject({
      code: 'FEEDBACK_INVALID',
      message: expect.stringContaining(said),
    })
  await wrong('\n{"id":"a","label":1}\n{"id":"b"}\n', 'Lines 2 to 3: ')
  await wrong('{"id":"a","label":1}\nnonsense\n', 'Line 2 is no JSON')
  await wrong('[1]', 'Line 1 is no JSON object')
  expect(taken).toEqual([])
})
