import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WantedReplica } from '../../src/api/index.ts'
import { writeImageModel, writeMlp } from '../fixtures/onnx-builder.ts'
import { FakeCollector, type ReceivedSpan } from '../fixtures/otlp-collector.ts'
import { json, ServingWorld } from '../fixtures/serving-world.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const world = new ServingWorld()
const collector = new FakeCollector()
const INFER = '/v2/models/digits/infer'
const BODY = JSON.stringify({
  inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }],
})
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const IMAGE_STEPS = [
  { kind: 'decode', what: 'image' },
  { kind: 'grayscale' },
  { kind: 'resize', width: 8, height: 8, fit: 'fill' },
  { kind: 'scale', factor: 1 / 255 },
  { kind: 'layout', order: 'nchw' },
]

function aReplica(model: string, onnx: Uint8Array, config: object): WantedReplica {
  return {
    replica: `rep_${model}`,
    version: `ver_${model}`,
    versionNumber: 7,
    model,
    config: { name: model, labels: [], preprocess: [], ...config },
    files: [world.plane.addBlob('model.onnx', onnx)],
  }
}

beforeAll(async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = await collector.open()
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50'
  process.env['OTEL_TRACES_SAMPLER'] = 'always_off'
  await world.start()
  await world.serve([
    aReplica('digits', writeMlp(4, 8, 3), { task: 'classification' }),
    aReplica('pets', writeImageModel(8, 4, 2), { task: 'image-classification', preprocess: IMAGE_STEPS }),
  ])
  await world.route(
    ['digits', 'pets'].map(model => ({
      model,
      environment: 'production',
      project: 'prj_1',
      predictions: 'public' as const,
      arms: [{ ...world.arm('stable', 7, 1, [`rep_${model}`]), version: `ver_${model}` }],
      standby: [],
    })),
  )
})
afterAll(async () => {
  await world.stop()
  collector.close()
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `ballast …`, as a process. */
async function ballast(args: readonly string[], input = ''): Promise<Ran> {
  const env = { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1', XDG_CONFIG_HOME: world.folder, TERM: 'xterm' }
  let [out, err] = ['', '']
  const child = execFile(process.execPath, [MAIN, ...args], { env, maxBuffer: 2 ** 26 })
  child.stdout?.on('data', text => {
    out += text
  })
  child.stderr?.on('data', text => {
    err += text
  })
  child.stdin?.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err }
}

function logged(request: string): Record<string, unknown> | undefined {
  const path = join(world.folder, 'gateway', 'access.log')
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line)).find(line => line.request === request)
}

test('without being asked to, a gateway writes a line for each request; probes are none', async () => {
  const answer = await world.call(INFER, BODY, { 'x-request-id': 'first', 'user-agent': 'test/1' })
  expect(answer.headers['ballast-request-id']).toBe('first')
  await world.call('/v2/health/live', undefined, { 'x-request-id': 'probe' })
  const unknown = await world.call('/v2/models/nobody/infer?token=secret', BODY, {
    'x-request-id': 'unknown',
  })
  expect(unknown.headers['ballast-request-id']).toBe('unknown')
  await world.call('/v2/models/digits', undefined, { 'x-request-id': 'metadata' })
  await world.call('/nothing/here', undefined, { 'x-request-id': 'nowhere' })
  await world.until(() => logged('nowhere') !== undefined)

  expect(logged('first')).toEqual({
    time: expect.any(String),
    request: 'first',
    method: 'POST',
    path: INFER,
    status: 200,
    durationMs: expect.any(Number),
    upstreamMs: expect.any(Number),
    bytesIn: BODY.length,
    bytesOut: answer.body.length,
    model: 'digits',
    environment: 'production',
    version: 7,
    arm: 'stable',
    replica: 'rep_digits',
    sends: 1,
    remote: '127.0.0.1',
    agent: 'test/1',
  })
  expect(logged('probe')).toBeUndefined()
  expect(logged('unknown')).toMatchObject({
    path: '/v2/models/nobody/infer',
    status: 404,
    code: 'MODEL_UNKNOWN',
  })
  expect(logged('metadata')).toMatchObject({ method: 'GET', path: '/v2/models/digits', status: 200 })
  expect(logged('nowhere')).toMatchObject({ path: '/nothing/here', status: 404 })
})

test("a caller's trace goes on in the gateway and through the replica, and is an exemplar of its latency", async () => {
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'traced' }
  await world.call(INFER, BODY, headers)
  await world.until(() => collector.batches.flat().length > 0)
  const spans = collector.batches.flat()
  const named = (name: string) => spans.find(span => span.name === name)!
  const server = named('POST /v2/models/{model}/infer')
  const call = named('predict digits')
  expect(spans.map(({ traceId }) => traceId)).toEqual(new Array(4).fill(TRACE))
  expect(server.parentSpanId).toBe(PARENT)
  expect(call.parentSpanId).toBe(server.spanId)
  for (const name of ['queue', 'compute']) expect(named(name).parentSpanId).toBe(call.spanId)
  const inside = (inner: ReceivedSpan, outer: ReceivedSpan) =>
    BigInt(inner.startTimeUnixNano) >= BigInt(outer.startTimeUnixNano) &&
    BigInt(inner.endTimeUnixNano) <= BigInt(outer.endTimeUnixNano)
  expect(inside(call, server)).toBe(true)
  expect(inside(named('compute'), call)).toBe(true)
  await world.until(() => logged('traced') !== undefined)
  expect(logged('traced')).toMatchObject({
    trace: TRACE,
    queueMs: expect.any(Number),
    computeMs: expect.any(Number),
  })

  const metrics = await world.call('/metrics', undefined, { accept: 'application/openmetrics-text' })
  expect(metrics.headers['content-type']).toContain('application/openmetrics-text')
  expect(String(metrics.body)).toMatch(
    new RegExp(
      `^ballast_request_duration_seconds_bucket\\{model="digits".* # \\{trace_id="${TRACE}"\\} `,
      'm',
    ),
  )
  expect(String(metrics.body)).toMatch(/^ballast_spans_total\{outcome="exported"\} 4$/m)
})

const base = () => `http://127.0.0.1:${world.port}`

test('ballast predict asks a gateway: an image, several, a table, a request; refusals have a hint', async () => {
  const cat = join(world.folder, 'cat.png')
  const image = sharp({ create: { width: 20, height: 20, channels: 3, background: '#fff' } })
  await writeFile(cat, await image.png().toBuffer())
  const one = await ballast(['predict', 'pets', cat, '--url', base()])
  expect(one).toMatchObject({ code: 0, err: '' })
  expect(one.out).toMatch(/^2 +\d\d\.\d\d % +█+.?\n/)
  expect(one.out).toMatch(/pets 7 {2}cat\.png/)

  const two = await ballast(['predict', `${base()}/v2/models/pets`, cat, cat])
  expect(two.out).toMatch(/^INPUT +ANSWER +SCORE +TIME\ncat\.png +2 .*\ncat\.png +2 /)

  const rows = await ballast(
    ['predict', 'digits', '-', '--url', base(), '--type', 'text/csv', '--json'],
    '1,2,3,4\n4,3,2,1\n',
  )
  expect(JSON.parse(rows.out).predictions).toHaveLength(2)

  const request = await ballast(['predict', 'digits', '-', '--url', base(), '--version', '7', '--json'], BODY)
  expect(JSON.parse(request.out)).toEqual(json(await world.call(INFER, BODY)))

  const refused = await ballast(['predict', 'digits', '-', '--url', base(), '--version', '99'], BODY)
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toMatch(/404: Version 99 does not serve here[\s\S]*hint: /)
})

test('ballast predict takes a model file without a server, and answers as serving does', async () => {
  const path = join(world.folder, 'local.onnx')
  await writeFile(path, writeMlp(4, 8, 3))
  const local = await ballast(['predict', path, '-', '--json'], BODY)
  expect(local).toMatchObject({ code: 0, err: '' })
  const { outputs } = json(await world.call(INFER, BODY))
  expect(JSON.parse(local.out)).toMatchObject({ model_name: 'local', outputs })
  await writeFile(path, 'no model')
  const broken = await ballast(['predict', path, '-'], BODY)
  expect(broken).toMatchObject({ code: 1, out: '' })
  expect(broken.err).toMatch(/^error: /)
})

/** Answered predictions of a model, by what the gateway counted. */
async function counted(model: string): Promise<number> {
  const text = String((await world.call('/metrics')).body)
  const lines = text.matchAll(
    new RegExp(`^ballast_requests_total\\{model="${model}".*status="200"\\} (\\d+)$`, 'gm'),
  )
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}

test.each(['binary', 'json', 'v1', 'grpc'])(
  'ballast bench over %s: what it counts is what the gateway counts',
  async protocol => {
    const before = await counted('digits')
    const load = [
      '--rate',
      '100/s',
      '--arrivals',
      'constant',
      '--duration',
      '1s',
      '--warm-up',
      '0s',
      '--workers',
      '2',
    ]
    const run = await ballast(['bench', 'digits', '--url', base(), '--protocol', protocol, ...load, '--json'])
    expect(run).toMatchObject({ code: 0, err: '' })
    const report = JSON.parse(run.out)
    expect(report).toMatchObject({ intended: 100, answered: 100, errors: {}, seconds: 1 })
    expect(report.latencyMs.p50).toBeGreaterThan(0)
    expect(report.latencyMs.p50).toBeLessThanOrEqual(report.latencyMs.max)
    // HTTP is tried once before, to see whether the requests are right.
    expect((await counted('digits')) - before).toBe(protocol === 'grpc' ? 100 : 101)
  },
)

test('ballast bench draws its picture, compares endpoints, and tells errors', async () => {
  const load = ['--concurrency', '4', '--duration', '300ms', '--warm-up', '0s', '--rounds', '1']
  const two = await ballast(['bench', `${base()}/v2/models/digits`, `${base()}/v2/health/live`, ...load])
  expect(two).toMatchObject({ code: 0, err: '' })
  expect(two.out).toMatch(/│█+.*p50/)
  expect(two.out).toMatch(/^ENDPOINT +ANSWERS\/S/m)
  const nobody = await ballast(['bench', `${base()}/nothing/here`, ...load])
  expect(nobody.out).toMatch(/^0 of [\d,]+ answered[\s\S]* × HTTP 404 \(100 %\)/m)
  const unknown = await ballast(['bench', `${base()}/v2/models/nobody`, ...load])
  expect(unknown).toMatchObject({ code: 1, out: '' })
  expect(unknown.err).toMatch(/404: No model 'nobody'/)
})

test('a gateway that ends has written and sent all that it knew', async () => {
  const headers = { traceparent: `00-${'1'.repeat(32)}-${PARENT}-01`, 'x-request-id': 'last' }
  await world.call(INFER, BODY, headers)
  await world.end('gateway', 'SIGTERM')
  expect(logged('last')).toMatchObject({ status: 200 })
  expect(collector.batches.flat().some(({ traceId }) => traceId === '1'.repeat(32))).toBe(true)
})
