import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  call,
  callStream,
  grpcAnswerOf,
  INFERENCE,
  prefixed,
  request,
  unprefixed,
} from '../fixtures/front-world.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { json, ServingWorld } from '../fixtures/serving-world.ts'

const world = new ServingWorld()
const sessions: ClientHttp2Session[] = []
const CONFIG = { name: 'digits', task: 'classification', labels: [], preprocess: [] }
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })

beforeAll(async () => {
  await world.start()
  await world.serve([
    {
      replica: 'rep_a',
      version: 'ver_1',
      versionNumber: 1,
      model: 'digits',
      config: CONFIG,
      files: [world.plane.addBlob('model.onnx', writeMlp(4, 8, 3))],
    },
  ])
  await world.route([
    {
      model: 'digits',
      environment: 'production',
      project: 'prj_1',
      predictions: 'public',
      arms: [world.arm('stable', 1, 1, ['rep_a'])],
      standby: [],
    },
  ])
})
afterAll(async () => {
  for (const session of sessions) session.destroy()
  await world.stop()
})

function http2(): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${world.port}`)
  session.on('error', () => {})
  sessions.push(session)
  return session
}

/** A field of protobuf that has a length, of up to 127 bytes. */
const field = (number: number, bytes: string | Buffer): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, Buffer.byteLength(bytes)), Buffer.from(bytes)])
const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)
/** Inputs of a ModelInferRequest: an InferInputTensor (name, datatype, shape [1, 4]) and its raw contents. */
const tensors = Buffer.concat([
  field(5, Buffer.concat([field(1, 'x'), field(2, 'FP32'), field(3, Buffer.of(1, 4))])),
  field(7, numbers),
])
const asks = (model: string, id: string): Buffer => Buffer.concat([field(1, model), field(3, id), tensors])

/** The scores, as the JSON of HTTP/1.1 gives them, in the bytes of FP32. */
async function expected(): Promise<Buffer> {
  const [output] = json(await world.call('/v2/models/digits/infer', BODY)).outputs
  return Buffer.from(Float32Array.from(output.data as number[]).buffer)
}

test('a model answers the same over HTTP/1.1, HTTP/2 and gRPC', async () => {
  const scores = await expected()
  const session = http2()
  const answer = await request(session, 'POST', '/v2/models/digits/infer', BODY)
  expect(answer.status).toBe(200)
  const [output] = JSON.parse(String(answer.body)).outputs
  expect(Buffer.from(Float32Array.from(output.data as number[]).buffer)).toEqual(scores)
  const called = await call(session, `${INFERENCE}/ModelInfer`, asks('digits', 'one'))
  expect(called.grpcStatus).toBe(0)
  const [message] = unprefixed(called.body)
  expect(message!.includes(field(3, 'one'))).toBe(true)
  expect(message!.includes(field(6, scores))).toBe(true)
  const row = await request(session, 'POST', '/v1/models/digits:predict', '{"instances":[[1,2,3,4]]}')
  const [prediction] = JSON.parse(String(row.body)).predictions
  expect(Buffer.from(Float32Array.from(prediction as number[]).buffer)).toEqual(scores)
})

test('a stream has an answer for each message, the wrong ones too', async () => {
  const scores = await expected()
  const stream = callStream(http2(), `${INFERENCE}/ModelStreamInfer`)
  for (let i = 0; i < 50; i++) stream.write(prefixed(asks(i % 10 === 3 ? 'unknown' : 'digits', `id-${i}.`)))
  stream.end()
  const answer = await grpcAnswerOf(stream)
  const messages = unprefixed(answer.body)
  expect([answer.grpcStatus, messages.length]).toEqual([0, 50])
  for (let i = 0; i < 50; i++) {
    const message = messages.find(each => each.includes(`id-${i}.`))
    expect(message?.includes(i % 10 === 3 ? "No model 'unknown'" : scores)).toBe(true)
  }
})

test('models are described, and counted, by what their replica tells', async () => {
  const session = http2()
  await request(session, 'POST', '/v2/models/digits/infer', BODY)
  const statistics = json(await world.call('/v2/models/digits/stats'))
  expect(statistics.model_stats[0]).toMatchObject({ name: 'digits', version: '1' })
  expect(statistics.model_stats[0].inference_count).toBeGreaterThan(0)
  expect(json(await world.call('/v2/models/digits/config'))).toMatchObject({ name: 'digits' })
  expect(json(await world.call('/openapi.json')).paths['/v2/models/digits/infer']).toBeDefined()
  expect(await world.call('/v2/repository/models/digits/unload', '')).toMatchObject({ status: 403 })
})

test('a gateway that is asked to end answers what it has, over every transport', async () => {
  const session = http2()
  await request(session, 'GET', '/v2')
  const goaway = once(session, 'goaway')
  const load = world.load('/v2/models/digits/infer', BODY, 4)
  await world.until(() => load.count > 20)
  const two = Array.from({ length: 20 }, () => request(session, 'POST', '/v2/models/digits/infer', BODY))
  // A client that has not written them yet when it hears of the end keeps them to itself.
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  const ended = world.end('gateway', 'SIGTERM')
  await goaway
  expect((await Promise.all(two)).map(({ status }) => status)).toEqual(two.map(() => 200))
  await ended
  const answers = await load.stop()
  // Then nobody listens: what was answered was answered well.
  const failed = answers.filter(({ status }) => status !== 200).map(({ body }) => String(body))
  expect(failed.filter(reason => !reason.includes('ECONNREFUSED'))).toEqual([])
  world.startGateway()
  await world.until(async () => (await world.call('/v2/health/ready').catch(() => undefined))?.status === 200)
})
