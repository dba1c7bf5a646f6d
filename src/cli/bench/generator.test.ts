import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { LoadGenerator } from './generator.ts'
import type { Load, Plan } from './plan.ts'
import { Histogram } from './recorder.ts'

const servers: (Server | Http2Server)[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function aServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const open = (rate: number): Load => ({
  kind: 'open',
  rate,
  arrivals: 'constant',
  rampMs: 0,
  offsetMs: 0,
  seed: 1,
})

function aPlan(url: string, load: Load, more: Partial<Plan> = {}): Plan {
  return {
    url,
    method: 'POST',
    transport: 'http1',
    requests: [{ body: Buffer.from('hello').toString('base64'), headers: { 'x-one': '1' } }],
    headers: {},
    load,
    connections: 64,
    durationMs: 1000,
    warmUpMs: 0,
    timeoutMs: 5000,
    insecure: false,
    ...more,
  }
}

/** How many durations are above so many milliseconds. */
function slower(packed: readonly number[], ms: number): number {
  const all = [...new Histogram().merge(packed).filled()]
  return all.reduce((sum, { upToMs, count }) => sum + (upToMs > ms ? count : 0), 0)
}

test('all that the schedule says is sent, with its body and headers, and counted once', async () => {
  const bodies: string[] = []
  const url = await aServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      bodies.push(`${request.method} ${request.headers['x-one']} ${body}`)
      response.end('{}')
    })
  })
  const result = await new LoadGenerator(aPlan(url, open(200))).run()
  expect(result).toMatchObject({ intended: 200, answered: 200, errors: {}, seconds: 1 })
  expect(bodies).toHaveLength(200)
  expect(new Set(bodies)).toEqual(new Set(['POST 1 hello']))
})

/** Answers at once, but nothing for `stallMs` from the 100th request on. */
async function aStallingServer(stallMs: number): Promise<string> {
  let seen = 0
  let until = 0
  return aServer((request, response) => {
    request.resume()
    if (++seen === 100) until = performance.now() + stallMs
    const wait = until - performance.now()
    if (wait > 0) setTimeout(() => response.end(), wait)
    else response.end()
  })
}

test('a server that stalls is charged with all that was to be sent meanwhile, though few connections could wait', async () => {
  const stallMs = 500
  const url = await aStallingServer(stallMs)
  const { latency, service, intended, answered, maxMs } = await new LoadGenerator(
    aPlan(url, open(200), { connections: 2, durationMs: 2000 }),
  ).run()
  expect([intended, answered]).toEqual([400, 400])
  expect(maxMs).toBeGreaterThan(stallMs * 0.95)
  // About 100 came during the stall, and waited 500, 495, 490 … ms: 40 of them more than 300.
  expect(slower(latency, 300)).toBeGreaterThan(30)
  // Two only were under way in it: once sent, the others were fast.
  expect(slower(service, 300)).toBeLessThan(slower(latency, 300) / 2)
})

test('a closed loop hides the same stall: only those that were under way have waited', async () => {
  const url = await aStallingServer(500)
  const plan = aPlan(url, { kind: 'closed', concurrency: 4 })
  const { latency, answered } = await new LoadGenerator(plan).run()
  expect(answered).toBeGreaterThan(100)
  expect(slower(latency, 300)).toBeLessThanOrEqual(8)
})

test('a closed loop keeps as many under way as it was told, and no more', async () => {
  const waiting: (() => void)[] = []
  let most = 0
  const url = await aServer((request, response) => {
    request.resume()
    waiting.push(() => response.end())
    most = Math.max(most, waiting.length)
    // Answered together, once all callers wait.
    if (waiting.length === 4) for (const answer of waiting.splice(0)) answer()
  })
  const plan = aPlan(url, { kind: 'closed', concurrency: 4 }, { durationMs: 300, timeoutMs: 500 })
  const { answered } = await new LoadGenerator(plan).run()
  expect(answered).toBeGreaterThanOrEqual(4)
  expect(most).toBe(4)
})

test('errors are told by kind: statuses, timeouts, lost connections', async () => {
  let seen = 0
  const url = await aServer((request, response) => {
    request.resume()
    const turn = seen++ % 4
    if (turn === 0) response.end()
    else if (turn === 1) response.writeHead(503).end()
    else if (turn === 2) request.socket.destroy()
  })
  const plan = aPlan(url, open(40), { timeoutMs: 300 })
  const { intended, answered, errors } = await new LoadGenerator(plan).run()
  expect(intended).toBe(40)
  expect(answered).toBe(10)
  expect(errors['HTTP 503']).toBe(10)
  expect(errors['timeout']).toBe(10)
  expect(Object.values(errors).reduce((sum, count) => sum + count, 0)).toBe(30)
})

test('nobody there: every request is refused, and it ends', async () => {
  const url = await aServer((_, response) => response.end())
  for (const server of servers.splice(0)) server.close()
  const { intended, answered, errors } = await new LoadGenerator(
    aPlan(url, open(50), { durationMs: 500 }),
  ).run()
  expect({ intended, answered, errors }).toEqual({
    intended: 25,
    answered: 0,
    errors: { 'connection refused': 25 },
  })
})

test('what a warm-up sends is not counted', async () => {
  let seen = 0
  const url = await aServer((request, response) => {
    request.resume()
    seen++
    response.end()
  })
  const { answered } = await new LoadGenerator(
    aPlan(url, open(100), { warmUpMs: 500, durationMs: 500 }),
  ).run()
  expect(answered).toBe(50)
  expect(seen).toBe(100)
})

test('gRPC: many calls on one connection, and its statuses', async () => {
  const server = createHttp2()
  servers.push(server)
  const seen: Buffer[] = []
  let sessions = 0
  server.on('session', () => sessions++)
  server.on('stream', stream => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      seen.push(Buffer.concat(chunks))
      const status = seen.length % 5 === 0 ? '8' : '0'
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
      stream.end(Buffer.from([0, 0, 0, 0, 0]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inference.GRPCInferenceService/ModelInfer`
  const { intended, answered, errors } = await new LoadGenerator(
    aPlan(url, open(100), { transport: 'grpc', connections: 1, durationMs: 500 }),
  ).run()
  expect({ intended, answered, errors }).toEqual({ intended: 50, answered: 40, errors: { 'gRPC 8': 10 } })
  expect(sessions).toBe(1)
  expect(seen[0]).toEqual(Buffer.from([0, 0, 0, 0, 5, ...Buffer.from('hello')]))
})
