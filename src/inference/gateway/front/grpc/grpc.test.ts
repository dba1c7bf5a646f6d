import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  call,
  callStream,
  FrontWorld,
  grpcAnswerOf,
  INFERENCE,
  prefixed,
  unprefixed,
} from '../../../../../test/fixtures/front-world.ts'
import type { RequestFrame } from '../../../frames/index.ts'
import { type Message, MessageReader, soleMessage } from './messages.ts'
import { encodedMessage, grpcTimeout } from './metadata.ts'

type Reply = { readonly status: number; readonly headers: string; readonly body: readonly Uint8Array[] }

let world: FrontWorld
const INFER = `${INFERENCE}/ModelInfer`
const STREAM = `${INFERENCE}/ModelStreamInfer`
const HEALTH = '/grpc.health.v1.Health'

beforeEach(async () => {
  world = new FrontWorld()
  await world.start({ maxBodyBytes: 100_000, version: '1.2.3' })
})
afterEach(() => world.stop())

/** A field of protobuf that has a length, of up to 127 bytes. */
const field = (number: number, bytes: string | Buffer): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, Buffer.byteLength(bytes)), Buffer.from(bytes)])
const TRUE = Buffer.of(0x08, 1)
/** ModelInferRequest: model_name, model_version, id. */
const asks = (model: string, version = '', id = ''): Buffer =>
  Buffer.concat([
    field(1, model),
    ...(version === '' ? [] : [field(2, version)]),
    ...(id === '' ? [] : [field(3, id)]),
  ])

/** Answers with what it was asked. */
const echo = (frame: RequestFrame, reply: (reply: Reply) => void): void =>
  reply({ status: 200, headers: '', body: [frame.body] })

test('a message reaches its model unread, with the protocol named, and the answer comes back with a status', async () => {
  const frames: RequestFrame[] = []
  await world.serve('m', [
    (frame, reply) => {
      frames.push(frame)
      echo(frame, reply)
    },
    echo,
  ])
  const session = world.http2()
  const answer = await call(session, INFER, asks('m', '', 'seven'))
  expect(answer).toMatchObject({
    status: 200,
    grpcStatus: 0,
    headers: { 'content-type': 'application/grpc', 'ballast-model-version': '1' },
  })
  expect(unprefixed(answer.body)).toEqual([asks('m', '', 'seven')])
  expect(frames.map(({ headers, operation }) => [operation, headers.includes('protocol: grpc\n')])).toEqual([
    ['infer', true],
  ])
  expect((await call(session, INFER, asks('m', '2'))).headers['ballast-model-version']).toBe('2')
})

test.each([
  ['a model that is not served', asks('other'), 5, "No model 'other'"],
  ['a version that is not served', asks('m', '7'), 5, 'Version 7 does not serve'],
  ['a version that is no number', asks('m', 'latest'), 5, "no version 'latest'"],
  ['no model', asks(''), 5, "No model ''"],
  ['no protobuf', Buffer.of(0x0a, 0x7f), 3, ''],
])('%s', async (_, message, status, text) => {
  await world.serve('m', [echo])
  const answer = await call(world.http2(), INFER, message)
  expect(answer).toMatchObject({ status: 200, grpcStatus: status, message: expect.stringContaining(text) })
  expect(answer.body.length).toBe(0)
})

test('a request has the id of its metadata, and in a stream that of its message, so that a label finds it', async () => {
  const log = { share: 1, redact: [], bodies: false, keepMs: 1e6, limitBytes: 1e6 }
  await world.serve('m', [echo], { traffic: { log } })
  const taken: string[] = []
  world.state.requests = { take: ({ requestId }) => taken.push(requestId) }
  const single = callStream(world.http2(), INFER, { 'x-request-id': 'of-the-call' })
  single.end(prefixed(asks('m', '', 'of-the-message')))
  expect((await grpcAnswerOf(single)).headers['ballast-request-id']).toBe('of-the-call')
  const stream = callStream(world.http2(), STREAM, { 'x-request-id': 'of-the-stream' })
  for (const id of ['one', 'two', '', '']) stream.write(prefixed(asks('m', '', id)))
  stream.end()
  expect(unprefixed((await grpcAnswerOf(stream)).body)).toHaveLength(4)
  expect(taken.slice(0, 3)).toEqual(['of-the-call', 'one', 'two'])
  expect(new Set(taken).size).toBe(5)
  expect(taken).not.toContain('of-the-stream')
})

test('what a replica refuses keeps its status; its text is percent-encoded UTF-8', async () => {
  const body = Buffer.from('100 % zu groß\n')
  await world.serve('m', [(_, reply) => reply({ status: 413, headers: 'grpc-status: 8\n', body: [body] })])
  await world.serve('n', [(_, reply) => reply({ status: 503, headers: '', body: [body] })])
  const answer = await call(world.http2(), INFER, asks('m'))
  expect([answer.grpcStatus, answer.message]).toEqual([8, '100 % zu groß\n'])
  expect(answer.headers['grpc-message']).toBe('100 %25 zu gro%C3%9F%0A')
  expect((await call(world.http2(), INFER, asks('n'))).grpcStatus).toBe(14)
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('%s is inflated before it goes on', async (encoding, compress) => {
  await world.serve('m', [echo])
  const stream = callStream(world.http2(), INFER, { 'grpc-encoding': encoding })
  stream.end(prefixed(compress(asks('m')), 1))
  expect(unprefixed((await grpcAnswerOf(stream)).body)).toEqual([asks('m')])
})

test.each([
  ['an encoding that nobody knows', { 'grpc-encoding': 'zpaq' }, prefixed(asks('m'), 1), 12],
  ['compressed without an encoding', {}, prefixed(asks('m'), 1), 3],
  ['no gzip', { 'grpc-encoding': 'gzip' }, prefixed(asks('m'), 1), 3],
  ['a bomb', { 'grpc-encoding': 'gzip' }, prefixed(gzipSync(Buffer.alloc(10_000_000)), 1), 8],
  ['a flag that is none', {}, prefixed(asks('m'), 2), 3],
  ['a length that lies', {}, Buffer.concat([Buffer.of(0, 0xff, 0xff, 0xff, 0xff), asks('m')]), 3],
  ['a message that ends early', {}, prefixed(asks('m')).subarray(0, 6), 3],
  ['two messages', {}, Buffer.concat([prefixed(asks('m')), prefixed(asks('m'))]), 3],
  ['no message', {}, Buffer.alloc(0), 3],
  ['a message over the limit', {}, prefixed(Buffer.alloc(200_000)), 8],
  ['a timeout that is none', { 'grpc-timeout': '5 minutes' }, prefixed(asks('m')), 3],
])('%s', async (_, headers, bytes, status) => {
  await world.serve('m', [echo])
  const stream = callStream(world.http2(), INFER, headers as Record<string, string>)
  stream.end(bytes)
  expect((await grpcAnswerOf(stream)).grpcStatus).toBe(status)
})

test('a deadline that passes is told, and the replica is told too', async () => {
  let canceled: (() => void) | undefined
  const cancellation = new Promise<void>(resolve => {
    canceled = resolve
  })
  await world.serve('m', [
    (_frame, _reply, call) => {
      call.onCancel = canceled
    },
  ])
  const answer = await call(world.http2(), INFER, asks('m'), { 'grpc-timeout': '30m' })
  expect(answer.grpcStatus).toBe(4)
  await cancellation
})

test('a call that is cancelled cancels its prediction', async () => {
  let canceled: (() => void) | undefined
  const cancellation = new Promise<void>(resolve => {
    canceled = resolve
  })
  let asked: (() => void) | undefined
  const reached = new Promise<void>(resolve => {
    asked = resolve
  })
  await world.serve('m', [
    (_frame, _reply, call) => {
      call.onCancel = canceled
      asked?.()
    },
  ])
  const stream = callStream(world.http2(), INFER)
  stream.on('error', () => {})
  stream.end(prefixed(asks('m')))
  await reached
  stream.close(constants.NGHTTP2_CANCEL)
  await cancellation
})

test('metadata carries the token', async () => {
  const hash = createHash('sha256').update('secret').digest('hex')
  await world.serve('m', [echo], { predictions: 'token' }, [{ hash, project: 'prj_1' }])
  const session = world.http2()
  expect((await call(session, INFER, asks('m'))).grpcStatus).toBe(16)
  expect((await call(session, INFER, asks('m'), { authorization: 'Bearer other' })).grpcStatus).toBe(16)
  expect((await call(session, INFER, asks('m'), { authorization: 'Bearer secret' })).grpcStatus).toBe(0)
  const index = (headers = {}) => call(session, `${INFERENCE}/RepositoryIndex`, Buffer.alloc(0), headers)
  expect(unprefixed((await index()).body)).toEqual([Buffer.alloc(0)])
  expect(String((await index({ authorization: 'Bearer secret' })).body)).toContain('READY')
})

test('methods that are not there are UNIMPLEMENTED', async () => {
  for (const path of [
    `${INFERENCE}/CudaSharedMemoryStatus`,
    '/other.Service/ModelInfer',
    '/',
    '/constructor',
  ]) {
    expect((await call(world.http2(), path, Buffer.alloc(0))).grpcStatus).toBe(12)
  }
})

test('the server tells of itself, and of a model whether it is ready', async () => {
  await world.serve('m', [echo])
  const session = world.http2()
  const message = async (path: string, asked: Buffer) =>
    unprefixed((await call(session, path, asked)).body)[0]
  expect(await message(`${INFERENCE}/ServerLive`, Buffer.alloc(0))).toEqual(TRUE)
  expect(await message(`${INFERENCE}/ServerReady`, Buffer.alloc(0))).toEqual(TRUE)
  const metadata = String(await message(`${INFERENCE}/ServerMetadata`, Buffer.alloc(0)))
  for (const part of ['ballast', '1.2.3', 'binary_tensor_data', 'statistics'])
    expect(metadata).toContain(part)
  expect(await message(`${INFERENCE}/ModelReady`, field(1, 'm'))).toEqual(TRUE)
  expect((await call(session, `${INFERENCE}/ModelReady`, field(1, 'n'))).grpcStatus).toBe(5)
  expect(await message(`${HEALTH}/Check`, Buffer.alloc(0))).toEqual(TRUE)
  expect(await message(`${HEALTH}/Check`, field(1, 'm'))).toEqual(TRUE)
  expect((await call(session, `${HEALTH}/Check`, field(1, 'n'))).grpcStatus).toBe(5)
})

test('a replica is asked for what only it knows, in messages of gRPC, with the versions that are served', async () => {
  const asked: string[][] = []
  const handle = ({ operation, headers }: RequestFrame, reply: (reply: Reply) => void): void => {
    asked.push([operation, headers])
    reply({ status: 200, headers: '', body: [Buffer.from(operation)] })
  }
  await world.serve('m', [handle, handle])
  const session = world.http2()
  const metadata = await call(session, `${INFERENCE}/ModelMetadata`, field(1, 'm'))
  expect(unprefixed(metadata.body)).toEqual([Buffer.from('metadata')])
  const config = await call(session, `${INFERENCE}/ModelConfig`, asks('m', '2'))
  expect(unprefixed(config.body)).toEqual([Buffer.from('config')])
  expect(asked).toEqual([
    ['metadata', 'protocol: grpc\nversions: 1,2\n'],
    ['config', 'protocol: grpc\nversions: 2\n'],
  ])
})

test('a stream answers each of its messages when it is ready, and tells what fails beside the others', async () => {
  await world.serve('m', [
    (frame, reply) => {
      if (frame.body.includes('slow')) setTimeout(() => echo(frame, reply), 30)
      else if (frame.body.includes('bad'))
        reply({ status: 400, headers: 'grpc-status: 3\n', body: [Buffer.from('no')] })
      else echo(frame, reply)
    },
  ])
  const stream = callStream(world.http2(), STREAM)
  const requests = [
    asks('m', '', 'slow'),
    asks('m', '', 'bad'),
    asks('other', '', 'lost'),
    asks('m', '', 'fast'),
  ]
  const bytes = Buffer.concat(requests.map(message => prefixed(message)))
  // Cut where no message ends.
  stream.write(bytes.subarray(0, 3))
  stream.write(bytes.subarray(3, 40))
  stream.end(bytes.subarray(40))
  const answer = await grpcAnswerOf(stream)
  expect(answer.grpcStatus).toBe(0)
  const messages = unprefixed(answer.body)
  expect(messages).toHaveLength(4)
  expect(messages.at(-1)).toEqual(field(2, asks('m', '', 'slow')))
  expect(messages).toContainEqual(field(2, asks('m', '', 'fast')))
  expect(messages).toContainEqual(Buffer.concat([field(1, 'no'), field(2, field(3, 'bad'))]))
  const lost = messages.find(message => message.includes('lost'))
  expect(String(lost)).toContain("No model 'other'")
})

test('a stream whose client sends faster than it is answered is read on when answers leave', async () => {
  await world.serve('m', [(frame, reply) => setImmediate(() => echo(frame, reply))])
  const stream = callStream(world.http2(), STREAM)
  for (let i = 0; i < 1000; i++) stream.write(prefixed(asks('m', '', `id ${i}`)))
  stream.end()
  const answer = await grpcAnswerOf(stream)
  const ids = unprefixed(answer.body).map(message => /id (\d+)/.exec(String(message))?.[1])
  expect(ids.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})

test('a stream whose client takes no answers for a while gets them all', async () => {
  const large = Buffer.alloc(300_000, 7)
  await world.serve('m', [(_, reply) => reply({ status: 200, headers: '', body: [large] })])
  const stream = callStream(world.http2(), STREAM)
  stream.pause()
  for (let i = 0; i < 100; i++) stream.write(prefixed(asks('m')))
  stream.end()
  await once(stream, 'response')
  const answered = grpcAnswerOf(stream)
  stream.resume()
  const answer = await answered
  expect(answer.grpcStatus).toBe(0)
  const messages = unprefixed(answer.body)
  expect(messages).toHaveLength(100)
  for (const message of messages) expect(message.subarray(-large.length).equals(large)).toBe(true)
})

test('a stream that ends within a message, or announces too large a one, ends with a status', async () => {
  await world.serve('m', [echo])
  const cut = callStream(world.http2(), STREAM)
  cut.end(prefixed(asks('m')).subarray(0, 6))
  expect((await grpcAnswerOf(cut)).grpcStatus).toBe(3)
  const giant = callStream(world.http2(), STREAM)
  giant.write(Buffer.of(0, 0xff, 0xff, 0xff, 0xff, 1))
  expect((await grpcAnswerOf(giant)).grpcStatus).toBe(8)
})

test('a stream that is cancelled cancels its predictions', async () => {
  let [asked, canceled] = [0, 0]
  await world.serve('m', [
    (_frame, _reply, call) => {
      asked++
      call.onCancel = () => canceled++
    },
  ])
  const stream = callStream(world.http2(), STREAM)
  stream.on('error', () => {})
  for (let i = 0; i < 3; i++) stream.write(prefixed(asks('m')))
  await world.until(() => asked === 3)
  stream.close(constants.NGHTTP2_CANCEL)
  await world.until(() => canceled === 3)
})

test('a watch of health hears of a change, and of the end', async () => {
  const stream = callStream(world.http2(), `${HEALTH}/Watch`)
  stream.end(prefixed(field(1, 'm')))
  const [first] = await once(stream, 'data')
  // SERVICE_UNKNOWN
  expect(first).toEqual(prefixed(Buffer.of(0x08, 3)))
  await world.serve('m', [echo])
  const [second] = await once(stream, 'data')
  expect(second).toEqual(prefixed(TRUE))
  const ended = grpcAnswerOf(stream)
  void world.gateway.close()
  expect(await ended).toMatchObject({ grpcStatus: 14 })
})

test('closing lets a stream have the answers that are due', async () => {
  const answers: (() => void)[] = []
  await world.serve('m', [(frame, reply) => answers.push(() => echo(frame, reply))])
  const stream = callStream(world.http2(), STREAM)
  stream.write(prefixed(asks('m', '', 'due')))
  await world.until(() => answers.length === 1)
  const ended = grpcAnswerOf(stream)
  const closed = world.gateway.close()
  answers[0]?.()
  expect(unprefixed((await ended).body)).toEqual([field(2, asks('m', '', 'due'))])
  expect((await ended).grpcStatus).toBe(14)
  await closed
})

test('messages are the same however their stream is cut', () => {
  const message = fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), fc.array(fc.nat(30)), (messages, cuts) => {
      let rest = Buffer.concat(messages.map(each => prefixed(each)))
      const reader = new MessageReader(1000)
      const found: Message[] = []
      for (const cut of cuts) {
        found.push(...reader.push(rest.subarray(0, cut)))
        rest = rest.subarray(cut)
      }
      found.push(...reader.push(rest))
      expect(found.map(({ bytes }) => bytes)).toEqual(messages)
      expect(reader.buffered).toBe(0)
      for (const each of messages) expect(soleMessage([prefixed(each)]).bytes).toEqual(each)
    }),
  )
})

test.each([
  ['1H', 600_000],
  ['2M', 120_000],
  ['30S', 30_000],
  ['250m', 250],
  ['5000u', 5],
  ['99999999n', 99.999999],
])('grpc-timeout %s is %d ms', (text, ms) => {
  expect(grpcTimeout(text)).toBeCloseTo(ms, 6)
})

test.each(['', '5', 'm', '123456789m', '-1S', '1.5S', '5s'])("grpc-timeout '%s' is refused", text => {
  expect(() => grpcTimeout(text)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
})

test('an encoded message is printable and decodes to what it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
      text => {
        expect(encodedMessage(text)).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(encodedMessage(text))).toBe(text)
      },
    ),
  )
})
