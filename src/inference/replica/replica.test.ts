import { mkdtemp, readdir, readlink, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  buildOnnx,
  writeConvolutions,
  writeImageModel,
  writeMlp,
} from '../../../test/fixtures/onnx-builder.ts'
import { loadOnnx } from '../../model/index.ts'
import { FrameClient, headerBlock, headerOf, type ResponseFrame } from '../frames/index.ts'
import { MAX_BODY_BYTES } from '../protocols/index.ts'
import { type RunningReplica, runReplica } from './replica.ts'
import { parseSpec } from './spec.ts'
import { RIGHT, UNVERIFIED } from './verdict.ts'

let folder: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replica-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

async function aReplica(
  model: Uint8Array,
  more: object = {},
): Promise<{ replica: RunningReplica; client: FrameClient }> {
  const modelPath = join(folder, 'model.onnx')
  await writeFile(modelPath, model)
  const socketPath = join(folder, 's')
  const replica = await runReplica(
    parseSpec({
      replica: 'rep_1',
      version: 'ver_1',
      versionNumber: 3,
      model: 'digits',
      socketPath,
      modelPath,
      config: { name: 'digits', task: 'classification', labels: [], preprocess: [] },
      ...more,
    }),
  )
  closing.push(() => replica.drain())
  const client = await FrameClient.open({ kind: 'unix', path: socketPath })
  closing.push(() => client.close())
  return { replica, client }
}

function infer(
  client: FrameClient,
  body: Buffer,
  headers: Record<string, string> = {},
  timeoutMs = 5000,
): Promise<ResponseFrame> {
  return new Promise((resolve, reject) => {
    client.ask(
      { operation: 'infer', timeoutMs, headers: headerBlock(headers), body: [body], bodyBytes: body.length },
      answer => (answer instanceof Error ? reject(answer) : resolve(answer)),
    )
  })
}

const json = (frame: ResponseFrame) => JSON.parse(String(frame.body))
const request = (rows: readonly (readonly number[])[]) =>
  Buffer.from(
    JSON.stringify({ inputs: [{ name: 'x', shape: [rows.length, 4], datatype: 'FP32', data: rows.flat() }] }),
  )

test('requests that come together run together, and each gets its own rows', async () => {
  const { replica, client } = await aReplica(writeMlp(4, 8, 3))
  expect(replica.status.batchRows).toBeGreaterThan(1)
  const rows = Array.from({ length: 50 }, (_, i) => [i / 50, 1 - i / 50, (i % 7) / 7, 0.5])
  const together = await Promise.all(rows.map(row => infer(client, request([row]))))
  const whole = json(await infer(client, request(rows)))
  const flat = together.flatMap(frame => json(frame).outputs[0].data as number[])
  expect(flat).toHaveLength(150)
  flat.forEach((value, i) => {
    expect(value).toBeCloseTo(whole.outputs[0].data[i], 5)
  })
  expect(json(together[0]!)).toMatchObject({
    model_name: 'digits',
    model_version: '3',
    outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [1, 3] }],
  })
})

test('a binary request gets a binary answer', async () => {
  const { client } = await aReplica(writeMlp(4, 8, 3))
  const head = Buffer.from(
    JSON.stringify({
      id: 'r1',
      inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', parameters: { binary_data_size: 16 } }],
      parameters: { binary_data_output: true },
    }),
  )
  const body = Buffer.concat([head, Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)])
  const frame = await infer(client, body, { 'inference-header-content-length': String(head.length) })
  const length = Number(headerOf(frame.headers, 'inference-header-content-length'))
  expect(JSON.parse(frame.body.toString('utf8', 0, length))).toMatchObject({ id: 'r1' })
  const bytes = Buffer.from(frame.body.subarray(length))
  const scores = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 12))
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  const asJson = json(await infer(client, request([[1, 2, 3, 4]])))
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(asJson.outputs[0].data[i], 6)
  })
  const zipped = await infer(client, gzipSync(request([[1, 2, 3, 4]])), { 'content-encoding': 'gzip' })
  expect(json(zipped)).toEqual(asJson)
  const bomb = await infer(client, gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1)), { 'content-encoding': 'gzip' })
  expect([bomb.status, json(bomb).code]).toEqual([413, 'BODY_TOO_LARGE'])
  const broken = await infer(client, Buffer.from('{}'), { 'content-encoding': 'gzip' })
  expect([broken.status, json(broken).code]).toEqual([400, 'REQUEST_INVALID'])
})

test('an image is decoded, preprocessed and named', async () => {
  const { client } = await aReplica(writeImageModel(8, 3, 1), {
    config: {
      name: 'digits',
      task: 'image-classification',
      labels: ['no', 'yes', 'maybe'],
      preprocess: [
        { kind: 'decode', what: 'image' },
        { kind: 'grayscale' },
        { kind: 'resize', width: 8, height: 8, fit: 'fill' },
        { kind: 'scale', factor: 1 / 255 },
      ],
    },
  })
  const pixels = { create: { width: 20, height: 20, channels: 3, background: '#808080' } } as const
  for (const image of [await sharp(pixels).png().toBuffer(), await sharp(pixels).jpeg().toBuffer()]) {
    const frame = await infer(client, image, { 'content-type': 'application/x-www-form-urlencoded' })
    const answer = json(frame)
    expect(answer).toMatchObject({ model: 'digits', version: 3, label: 'yes', index: 1 })
    expect(answer.top.map(({ label }: { label: string }) => label)).toContain('maybe')
    expect(answer.score).toBeGreaterThan(0.8)
  }
  const broken = Buffer.concat([(await sharp(pixels).png().toBuffer()).subarray(0, 40), Buffer.alloc(40)])
  expect(await infer(client, broken)).toMatchObject({ status: 400 })
  const gif = Buffer.from('GIF of nothing')
  expect(await infer(client, gif, { 'content-type': 'image/gif' })).toMatchObject({ status: 400 })
})

test.each([
  ['no JSON', 'x', 400, /JSON/],
  ['another shape', { inputs: [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }] }, 400, /4/],
  [
    'another type',
    { inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP64', data: [1, 2, 3, 4] }] },
    400,
    /float32/,
  ],
  ['an unknown input', { inputs: [{ name: 'z', shape: [1], datatype: 'FP32', data: [1] }] }, 400, /x/],
  [
    'an unknown output',
    { ...JSON.parse(String(request([[1, 2, 3, 4]]))), outputs: [{ name: 'q' }] },
    400,
    /q/,
  ],
])('%s is refused with the reason', async (_, body, status, reason) => {
  const { client } = await aReplica(writeMlp(4, 8, 3))
  const frame = await infer(client, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
  expect(frame.status).toBe(status)
  expect(json(frame).error).toMatch(reason)
})

test('a request whose time is over is not run', async () => {
  const { client } = await aReplica(writeMlp(4, 8, 3))
  expect(await infer(client, request([[1, 2, 3, 4]]), {}, 0)).toMatchObject({ status: 504 })
})

test('requests are not joined where the first axis is no batch', async () => {
  // A mean over the first axis: two rows together are not two rows alone.
  const model = buildOnnx({
    inputs: [{ name: 'x', shape: ['T', 4] }],
    outputs: [{ name: 'y', shape: ['T', 4] }],
    initializers: [],
    nodes: [
      {
        op: 'ReduceMean',
        inputs: ['x'],
        outputs: ['m'],
        attributes: { axes: { ints: [0] }, keepdims: { i: 1 } },
      },
      { op: 'Sub', inputs: ['x', 'm'], outputs: ['y'] },
    ],
  })
  const { replica, client } = await aReplica(model)
  expect(replica.status.batchRows).toBe(1)
  const frames = await Promise.all([1, 2, 3].map(x => infer(client, request([[x, x, x, x]]))))
  for (const frame of frames) expect(json(frame).outputs[0].data).toEqual([0, 0, 0, 0])
})

test('metadata and status are told', async () => {
  const { client } = await aReplica(writeMlp(4, 8, 3))
  expect(json(await client.request('metadata', 1000))).toMatchObject({
    name: 'digits',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  })
  expect(json(await client.request('status', 1000))).toMatchObject({ replica: 'rep_1', pid: process.pid })
})

test('while the model computes, the replica says how it is, reads, and refuses', async () => {
  const { replica, client } = await aReplica(writeConvolutions(32, 32, 64))
  const data = Buffer.from(new Float32Array(2 * 32 * 32 * 32).fill(1).buffer)
  const binary = (size: number, timeoutMs = 60_000) => {
    const input = {
      name: 'x',
      shape: [2, 32, size, size],
      datatype: 'FP32',
      parameters: { binary_data_size: 256 * size * size },
    }
    const head = Buffer.from(JSON.stringify({ inputs: [input] }))
    const body = Buffer.concat([head, data.subarray(0, 256 * size * size)])
    return infer(client, body, { 'inference-header-content-length': String(head.length) }, timeoutMs)
  }
  const order: string[] = []
  const answered = (what: string) => (frame: ResponseFrame) => {
    order.push(what)
    return frame
  }
  const runs = [1, 2, 3].map(() => binary(32).then(answered('run')))
  const [wrong, late, status, metadata] = await Promise.all([
    binary(3).then(answered('wrong')),
    binary(32, 1).then(answered('late')),
    client.request('status', 30_000).then(answered('status')),
    client.request('metadata', 30_000).then(answered('metadata')),
  ])
  expect(wrong.status).toBe(400)
  expect(late.status).toBe(504)
  expect(status.status).toBe(200)
  expect(metadata.status).toBe(200)
  expect((await Promise.all(runs)).map(frame => frame.status)).toEqual([200, 200, 200])
  expect(order.indexOf('status')).toBeLessThan(order.lastIndexOf('run'))
  expect(replica.status.waiting).toBe(0)
})

test('a full queue says when to come again', async () => {
  const { client } = await aReplica(writeMlp(4, 8, 3), { serving: { maxWaiting: 2 } })
  const frames = await Promise.all(Array.from({ length: 40 }, () => infer(client, request([[1, 2, 3, 4]]))))
  const refused = frames.filter(frame => frame.status === 503)
  expect(refused.length).toBeGreaterThan(0)
  for (const frame of refused) {
    expect(headerOf(frame.headers, 'retry-after')).toBe('1')
    expect(json(frame)).toMatchObject({ code: 'QUEUE_FULL' })
  }
})

test('an answer that was kept says so, and times are told to whoever traces', async () => {
  const { client } = await aReplica(writeMlp(4, 8, 3), { serving: { cacheBytes: 100_000 } })
  const ask = (headers: Record<string, string> = {}) => infer(client, request([[1, 2, 3, 4]]), headers)
  const [first, second] = [await ask(), await ask()]
  expect(headerOf(first.headers, 'ballast-cache')).toBeUndefined()
  expect(headerOf(first.headers, 'queue-us')).toBeUndefined()
  expect(headerOf(second.headers, 'ballast-cache')).toBe('hit')
  expect(json(second)).toEqual(json(first))
  const other = infer(client, request([[4, 3, 2, 1]]), {
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  })
  const { headers } = await other
  expect(headerOf(headers, 'queue-us')).toMatch(/^\d+$/)
  expect(Number(headerOf(headers, 'compute-us'))).toBeGreaterThan(0)
  const { model_stats } = json(await client.request('statistics', 1000))
  expect(model_stats[0]).toMatchObject({
    inference_count: 2,
    execution_count: 2,
    inference_stats: { success: { count: 3 }, cache_hit: { count: 1 }, cache_miss: { count: 2 } },
    batch_stats: [{ batch_size: 1, compute_infer: { count: 2 } }],
  })
})

async function aReference(model: Uint8Array, change: number) {
  const path = join(folder, 'reference.onnx')
  await writeFile(path, model)
  const session = await loadOnnx(path)
  const x = { dtype: 'float32', shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) } as const
  const { probabilities } = await session.run({ x })
  await session.close()
  const data = probabilities!.data as Float32Array
  data[4]! += change
  const base64 = (array: Float32Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
  return {
    inputs: [{ name: 'x', dtype: 'float32', shape: [2, 4], base64: base64(x.data) }],
    outputs: [{ name: 'probabilities', dtype: 'float32', shape: [2, 3], base64: base64(data) }],
    rtol: 1e-3,
    atol: 1e-5,
  }
}

test('a model that reproduces its reference outputs is served', async () => {
  const model = writeMlp(4, 8, 3)
  const { replica } = await aReplica(model, { reference: await aReference(model, 0) })
  expect(replica.status.version).toBe('ver_1')
})

test('a model that does not is refused, with the element', async () => {
  const model = writeMlp(4, 8, 3)
  await expect(aReplica(model, { reference: await aReference(model, 0.1) })).rejects.toMatchObject({
    code: 'PARITY_MISMATCH',
    message: expect.stringMatching(/1 of 6 elements .* element 4/),
  })
})

test('draining answers what came before it', async () => {
  const { replica, client } = await aReplica(writeMlp(4, 8, 3))
  const answers = Array.from({ length: 20 }, () => infer(client, request([[1, 2, 3, 4]])))
  // The first answer proves that the replica has read them.
  await answers[0]
  await replica.drain()
  const settled = await Promise.allSettled(answers)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
})

test('a model that does not load is not to blame where its file was found wrong', async () => {
  const mark = join(folder, UNVERIFIED)
  await writeFile(mark, '')
  const loading = aReplica(Buffer.from('no model')).catch(error => error)
  while (!(await openFiles()).includes(mark)) await new Promise(resolve => setImmediate(resolve))
  await unlink(mark)
  expect(await loading).toMatchObject({ code: 'BLOB_MISMATCH' })
  await writeFile(mark, RIGHT)
  await expect(aReplica(Buffer.from('no model'))).rejects.toMatchObject({ code: 'MODEL_UNLOADABLE' })
})

/** Of this process. */
async function openFiles(): Promise<readonly string[]> {
  const descriptors = await readdir('/proc/self/fd')
  return Promise.all(descriptors.map(each => readlink(`/proc/self/fd/${each}`).catch(() => '')))
}
