import { once } from 'node:events'
import { constants } from 'node:http2'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FrontWorld, request, textOf } from '../../../../test/fixtures/front-world.ts'
import type { RequestFrame } from '../../frames/index.ts'
import { jsonReply } from '../../protocols/index.ts'

let world: FrontWorld
const INFER = '/v2/models/m/infer'
const POST = `POST ${INFER} HTTP/1.1\r\nhost: g\r\n`

beforeEach(async () => {
  world = new FrontWorld()
  await world.start({ maxBodyBytes: 100_000 })
})
afterEach(() => world.stop())

/** Answers with the length and the first characters of what it was asked. */
const echo = (frame: RequestFrame, reply: (reply: ReturnType<typeof jsonReply>) => void): void =>
  reply(jsonReply(JSON.stringify({ bytes: frame.body.length, start: frame.body.toString('latin1', 0, 20) })))

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: g\r\n${more}\r\n`

test('HTTP/2 and HTTP/1.1 are answered on one port', async () => {
  await world.serve('m', [echo])
  const session = world.http2()
  const answer = await request(session, 'POST', INFER, 'hello')
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'ballast-model-version': '1', 'ballast-arm': 'stable', 'content-type': 'application/json' },
  })
  expect(answer.headers['ballast-request-id']).toMatch(/^[\w-]{8,}$/)
  expect(JSON.parse(String(answer.body))).toEqual({ bytes: 5, start: 'hello' })
  const one = await fetch(`http://127.0.0.1:${world.port}${INFER}`, { method: 'POST', body: 'hello' })
  expect(await one.json()).toEqual({ bytes: 5, start: 'hello' })
})

test('an expectation that nobody knows is refused in words, and its body is no request', async () => {
  const text = await world.raw(`${POST}expect: tea\r\ncontent-length: 2\r\n\r\n`, 'ab')
  expect(text).toMatch(/^HTTP\/1.1 417 [\s\S]*connection: close[\s\S]*"code":"REQUEST_INVALID"/i)
  expect(text.match(/HTTP\/1.1/g)).toHaveLength(1)
})

test('the first bytes of a connection may come one by one', async () => {
  await world.serve('m', [echo])
  const text = await world.raw(
    ...'POST /v2/models/m/infer HTTP/1.1\r\n',
    'host: g\r\nconnection: close\r\n',
    'content-length: 2\r\n\r\n',
    'a',
    'b',
  )
  expect(text).toMatch(/^HTTP\/1.1 200 /)
  expect(text).toContain('{"bytes":2,"start":"ab"}')
})

test('what begins like HTTP/2 and is another method is HTTP/1.1', async () => {
  const text = await world.raw('P', 'R', 'OPFIND / HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1.1 405 /)
})

test('a hundred requests over one HTTP/2 connection get their own answers', async () => {
  await world.serve('m', [
    (frame, reply) => {
      const answer = (): void => echo(frame, reply)
      if (frame.body.length % 2 === 0) setImmediate(answer)
      else answer()
    },
  ])
  const session = world.http2()
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => request(session, 'POST', INFER, 'x'.repeat(i))),
  )
  expect(answers.map(({ body }) => JSON.parse(String(body)).bytes)).toEqual(answers.map((_, i) => i))
})

test('requests that are pipelined are answered in their order', async () => {
  await world.serve('m', [
    (frame, reply) => {
      if (frame.body.length === 1) setTimeout(() => echo(frame, reply), 20)
      else echo(frame, reply)
    },
  ])
  const text = await world.raw(
    `${POST}content-length: 1\r\n\r\na${POST}content-length: 2\r\nconnection: close\r\n\r\nbc`,
  )
  expect(text.match(/"start":"\w+"/g)).toEqual(['"start":"a"', '"start":"bc"'])
})

test('chunked bodies are put together', async () => {
  await world.serve('m', [echo])
  const text = await world.raw(
    `${POST}transfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n`,
    '2\r\nde\r\n0\r\n\r\n',
  )
  expect(text).toContain('{"bytes":5,"start":"abcde"}')
})

test.each([
  ['two lengths', 'content-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['a length beside chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a length that is no number', 'content-length: +5\r\n\r\nhello'],
  ['chunks that are not last', 'transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
  ['a header with a space before its colon', 'content-length : 5\r\n\r\nhello'],
  ['a chunk of a lying length', 'transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\na'],
])('%s are refused, and end the connection', async (_, rest) => {
  let asked = 0
  await world.serve('m', [
    (frame, reply) => {
      asked++
      echo(frame, reply)
    },
  ])
  const text = await world.raw(`${POST}${rest}`)
  expect(text).toMatch(/^HTTP\/1.1 400 /)
  expect(text).toContain('connection: close')
  expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({ error: expect.any(String) })
  expect(asked).toBe(0)
})

test('headers without end are refused', async () => {
  const text = await world.raw(get('/v2', `x: ${'y'.repeat(20_000)}\r\n`))
  expect(text).toMatch(/^HTTP\/1.1 431 /)
})

test('a body over the limit is refused by its length, and by its bytes', async () => {
  await world.serve('m', [echo])
  expect(await world.raw(`${POST}content-length: 100001\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /)
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const chunked = await world.raw(`${POST}transfer-encoding: chunked\r\n\r\n`, chunk, chunk, chunk, chunk)
  expect(chunked).toMatch(/^HTTP\/1.1 413 /)
  const session = world.http2()
  const declared = await request(session, 'POST', INFER, '', { 'content-length': '100001' }).catch(
    () => undefined,
  )
  if (declared !== undefined) expect(declared.status).toBe(413)
  expect((await request(session, 'POST', INFER, 'x'.repeat(200_000))).status).toBe(413)
  expect((await request(session, 'POST', INFER, 'x'.repeat(100_000))).status).toBe(200)
})

test('who expects an invitation is invited once it may predict', async () => {
  await world.serve('m', [echo])
  const socket = world.socket()
  const expecting = (model: string) =>
    `POST /v2/models/${model}/infer HTTP/1.1\r\nhost: g\r\nexpect: 100-continue\r\ncontent-length: 2\r\n`
  socket.write(`${expecting('m')}\r\n`)
  const [first] = await once(socket, 'data')
  expect(String(first)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('ab')
  const [second] = await once(socket, 'data')
  expect(String(second)).toContain('{"bytes":2,"start":"ab"}')
  socket.destroy()
  const refused = await world.raw(`${expecting('unknown')}\r\n`)
  expect(refused).toMatch(/^HTTP\/1.1 404 /)
  const session = world.http2()
  const stream = session.request({ ':method': 'POST', ':path': INFER, expect: '100-continue' })
  await once(stream, 'continue')
  stream.end('abc')
  const [chunk] = await once(stream, 'data')
  expect(JSON.parse(String(chunk))).toEqual({ bytes: 3, start: 'abc' })
})

test('HEAD has the headers of GET and no body, over both', async () => {
  const text = await world.raw('HEAD /v2 HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1.1 200 .*content-length: \d\d+\r\n.*\r\n\r\n$/s)
  const answer = await request(world.http2(), 'HEAD', '/v2')
  expect(answer.status).toBe(200)
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(10)
  expect(answer.body.length).toBe(0)
})

test('a client that ends its stream early cancels its prediction', async () => {
  let canceled: (() => void) | undefined
  const cancellation = new Promise<void>(resolve => {
    canceled = resolve
  })
  const asked = new Promise<void>(resolve => {
    void world.serve('m', [
      (_frame, _reply, call) => {
        call.onCancel = canceled
        resolve()
      },
    ])
  })
  await world.until(() => world.state.routes.size > 0)
  const session = world.http2()
  const stream = session.request({ ':method': 'POST', ':path': INFER })
  stream.on('error', () => {})
  stream.end('x')
  await asked
  stream.close(constants.NGHTTP2_CANCEL)
  await cancellation
})

test('a connection that is flooded with pings is ended, and others go on', async () => {
  const flood = world.http2()
  await once(flood, 'connect')
  const closed = new Promise(resolve => flood.once('close', resolve))
  const timer = setInterval(() => {
    for (let i = 0; i < 8 && !flood.destroyed; i++) flood.ping(() => {})
  }, 0)
  await closed
  clearInterval(timer)
  expect((await request(world.http2(), 'GET', '/v2/health/live')).status).toBe(200)
})

test('a connection whose streams are reset without end is ended, and others go on', async () => {
  const flood = world.http2()
  await once(flood, 'connect')
  const closed = new Promise(resolve => flood.once('close', resolve))
  const timer = setInterval(() => {
    for (let i = 0; i < 50 && !flood.destroyed; i++) {
      const stream = flood.request({ ':method': 'POST', ':path': INFER })
      stream.on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
    }
  }, 0)
  await closed
  clearInterval(timer)
  expect((await request(world.http2(), 'GET', '/v2/health/live')).status).toBe(200)
})

test('bytes that are neither are refused', async () => {
  expect(await world.raw('\x16\x03\x01\x00\xa5 a client that thinks of TLS\r\n\r\n')).toMatch(
    /^HTTP\/1.1 400 /,
  )
  const socket = world.socket()
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand then nothing of the kind, for long enough to be a frame')
  await textOf(socket)
})

test('closing loses nothing: what is under way is answered over both, and told to be the last', async () => {
  const answers: (() => void)[] = []
  await world.serve('m', [(frame, reply) => answers.push(() => echo(frame, reply))])
  const session = world.http2()
  const goaway = once(session, 'goaway')
  const two = request(session, 'POST', INFER, 'two')
  const idle = world.socket()
  idle.write(get('/v2'))
  await once(idle, 'data')
  const busy = world.socket()
  busy.write(`${POST}content-length: 3\r\n\r\none`)
  const one = textOf(busy)
  await world.until(() => answers.length === 2)
  const closed = world.gateway.close()
  await goaway
  // A kept connection may still ask, and hears that this was the last answer.
  idle.write(get('/v2/health/live'))
  const last = await textOf(idle)
  expect(last).toMatch(/connection: close.*\{"live":true\}$/is)
  for (const answer of answers) answer()
  expect((await two).body.toString()).toContain('"start":"two"')
  expect(await one).toMatch(/connection: close.*"start":"one"/is)
  await closed
  await expect(once(world.socket(), 'connect')).rejects.toThrow('ECONNREFUSED')
})

test('a connection is kept after an answer, also where nobody read a body that has none', async () => {
  await world.serve('m', [echo])
  const socket = world.socket()
  for (const asked of [get('/v2'), get('/nowhere'), `${POST}content-length: 1\r\n\r\na`, get('/v2')]) {
    socket.write(asked)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 (200|404) .*connection: keep-alive/is)
  }
})

test('a client that sends on although it is refused can read why', async () => {
  await world.serve('m', [echo])
  const socket = world.socket()
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  const closed = once(socket, 'close')
  socket.write(`${POST}content-length: 50000000\r\n\r\n`)
  const megabyte = Buffer.alloc(2 ** 20)
  // As a client does that reads only when it has sent all.
  socket.pause()
  for (let i = 0; i < 10; i++) {
    socket.write(megabyte)
    await new Promise(resolve => setImmediate(resolve))
  }
  socket.resume()
  const [error] = await closed
  expect([error, text]).toEqual([false, expect.stringMatching(/^HTTP\/1.1 413 .*BODY_TOO_LARGE/s)])
})

test('no bytes bring the gateway down, or hold it up', async () => {
  await world.serve('m', [echo])
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const settings = Buffer.from('000000040000000000', 'hex')
  const bytes = fc.uint8Array({ maxLength: 300 }).map(part => Buffer.from(part))
  const attack = fc.oneof(
    bytes,
    bytes.map(part => Buffer.concat([preface, part])),
    bytes.map(part => Buffer.concat([preface, settings, part])),
    bytes.map(part => Buffer.concat([Buffer.from(POST), part])),
  )
  await fc.assert(
    fc.asyncProperty(attack, async part => {
      const socket = world.socket()
      await once(socket, 'connect')
      const closed = once(socket, 'close')
      socket.end(part)
      socket.resume()
      const limit = setTimeout(() => socket.destroy(), 200)
      await closed
      clearTimeout(limit)
    }),
    { numRuns: 60 },
  )
  expect((await request(world.http2(), 'POST', INFER, 'x')).status).toBe(200)
})
