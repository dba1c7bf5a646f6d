import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/index.ts'
import { Lines, type LineTarget } from './access-log/lines.ts'
import { openTelemetry } from './open.ts'
import { Registry } from './registry.ts'
import { Series } from './series.ts'
import { RequestTelemetry } from './telemetry.ts'
import type { RequestEnd, RequestStart } from './trace.ts'
import { SpanExporter } from './tracing/exporter.ts'
import { routeOf } from './tracing/request-spans.ts'
import { otlpSettings } from './tracing/settings.ts'
import type { Span } from './tracing/span.ts'

class Kept implements LineTarget {
  text = ''
  async write(text: string): Promise<void> {
    this.text += text
  }
  async close(): Promise<void> {}
}

/** An exporter that keeps what it is given. */
class KeptSpans extends SpanExporter {
  readonly spans: Span[] = []
  constructor() {
    const settings = otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })!
    super({ settings, scope: { name: 'test', version: '0' } })
  }
  override add(spans: readonly Span[]): void {
    this.spans.push(...spans)
  }
}

function aStart(
  headers: Record<string, string> = {},
  path = '/v2/models/digits/infer?key=secret',
): RequestStart {
  return { method: 'POST', path, remoteAddress: '10.0.0.7', header: name => headers[name] }
}

const END: RequestEnd = {
  status: 200,
  model: 'digits',
  environment: 'production',
  version: 7,
  arm: 'stable',
  replica: 'rep_1',
  sends: 1,
  upstreamMs: 4.5,
  answerHeaders: 'content-type: application/json\nqueue-us: 1000\ncompute-us: 2000\n',
  bytesIn: 3136,
  bytesOut: 210,
}

function aWorld({ logSample = 1, traceSample = 0 } = {}) {
  const target = new Kept()
  const exporter = new KeptSpans()
  const telemetry = new RequestTelemetry({
    accessLog: { lines: new Lines(target, { gap: String }), sample: logSample },
    tracing: { exporter, sample: traceSample },
  })
  const logged = async () => {
    await telemetry.close()
    return target.text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  }
  return { telemetry, exporter, logged }
}

test('a request is one line of JSON, without its query and without its token', async () => {
  const { telemetry, logged } = aWorld()
  const trace = telemetry.begin(
    aStart({ 'x-request-id': 'mine-1', 'user-agent': 'cu"rl\u001b[2J', authorization: 'Bearer secret' }),
  )
  trace.end({ ...END, token: 'tok_1' })
  const [line] = await logged()
  expect(line).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    request: 'mine-1',
    method: 'POST',
    path: '/v2/models/digits/infer',
    status: 200,
    durationMs: expect.any(Number),
    upstreamMs: 4.5,
    queueMs: 1,
    computeMs: 2,
    bytesIn: 3136,
    bytesOut: 210,
    model: 'digits',
    environment: 'production',
    version: 7,
    arm: 'stable',
    replica: 'rep_1',
    sends: 1,
    remote: '10.0.0.7',
    agent: 'cu"rl\u001b[2J',
    token: 'tok_1',
  })
  expect(JSON.stringify(line)).not.toContain('secret')
})

test.each([['\n'], ['\u2028'], ['"}\n{"status":200'], ['\ud800'], ['\\']])(
  'a user agent of %j stays one line, and one value',
  async agent => {
    const { telemetry, logged } = aWorld()
    telemetry.begin(aStart({ 'user-agent': agent })).end(END)
    expect((await logged()).map(line => line.agent)).toEqual([agent])
  },
)

test('of successes a sample is logged and says which part it is; errors always are', async () => {
  const { telemetry, logged } = aWorld({ logSample: 0.25 })
  for (let i = 0; i < 4000; i++) telemetry.begin(aStart()).end(END)
  for (const status of [400, 404, 429, 499, 500, 503])
    telemetry.begin(aStart()).end({ status, code: 'X', model: 'digits' })
  const lines = await logged()
  const well = lines.filter(({ status }) => status === 200)
  expect(Math.abs(well.length - 1000)).toBeLessThan(200)
  expect(new Set(well.map(({ sample }) => sample))).toEqual(new Set([0.25]))
  expect(lines.filter(({ status }) => status >= 400).map(({ sample }) => sample)).toEqual(
    new Array(6).fill(undefined),
  )
})

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'

test.each([
  ['a caller that samples', { traceparent: `${PARENT}-01` }, 0, true],
  ['a caller that does not', { traceparent: `${PARENT}-00` }, 1, false],
  ['no caller, all are sampled', {}, 1, true],
  ['no caller, none is sampled', {}, 0, false],
  ['a broken traceparent, none is sampled', { traceparent: 'x' }, 0, false],
] as const)('%s: sampled %s', async (_, headers, traceSample, sampled) => {
  const { telemetry, exporter } = aWorld({ traceSample })
  const trace = telemetry.begin(aStart(headers))
  trace.end(END)
  expect(trace.frameHeaders !== '').toBe(sampled)
  expect(exporter.spans.length > 0).toBe(sampled)
})

test("spans continue the caller's trace: the request, its call of the replica, queue and compute in it", async () => {
  const { telemetry, exporter, logged } = aWorld()
  const trace = telemetry.begin(aStart({ traceparent: `${PARENT}-01`, tracestate: 'a=1' }))
  trace.end(END)
  const [server, call, queue, compute] = exporter.spans as [Span, Span, Span, Span]
  expect(exporter.spans.map(({ name }) => name)).toEqual([
    'POST /v2/models/{model}/infer',
    'predict digits',
    'queue',
    'compute',
  ])
  expect(new Set(exporter.spans.map(({ traceId }) => traceId))).toEqual(new Set([PARENT.slice(3, 35)]))
  expect(new Set(exporter.spans.map(({ traceState }) => traceState))).toEqual(new Set(['a=1']))
  expect([server, call, queue, compute].map(({ parentSpanId }) => parentSpanId)).toEqual([
    'b7ad6b7169203331',
    server.spanId,
    call.spanId,
    call.spanId,
  ])
  expect(trace.frameHeaders).toBe(`traceparent: 00-${server.traceId}-${call.spanId}-01\n`)
  expect(queue.to - queue.from).toBeCloseTo(1, 2)
  expect(compute.to - compute.from).toBeCloseTo(2, 2)
  expect(queue.from).toBeGreaterThanOrEqual(call.from)
  expect(server.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v2/models/{model}/infer',
    'url.path': '/v2/models/digits/infer',
    'http.response.status_code': 200,
    'client.address': '10.0.0.7',
    'ballast.model': 'digits',
    'ballast.model.version': 7,
  })
  expect((await logged())[0].trace).toBe(server.traceId)
})

test('a failed request is a failed span with its code, and has no call where it was sent nowhere', async () => {
  const { telemetry, exporter } = aWorld({ traceSample: 1 })
  telemetry.begin(aStart()).end({ status: 503, code: 'NO_REPLICA', model: 'digits' })
  expect(exporter.spans).toHaveLength(1)
  expect(exporter.spans[0]).toMatchObject({ failed: true, attributes: { 'error.type': 'NO_REPLICA' } })
})

test.each([['queue-us: x\ncompute-us: 2\n'], ['queue-us: -5\ncompute-us: 2\n'], ['compute-us: 2\n'], ['']])(
  'times of a replica that can not be (%j) make no spans',
  answerHeaders => {
    const { telemetry, exporter } = aWorld({ traceSample: 1 })
    telemetry.begin(aStart()).end({ ...END, answerHeaders })
    expect(exporter.spans).toHaveLength(2)
  },
)

test.each([
  [true, 'https'],
  [false, 'http'],
])('a request that came over TLS: %s, is of the scheme %s', (secure, scheme) => {
  const { telemetry, exporter } = aWorld({ traceSample: 1 })
  telemetry.begin({ ...aStart(), secure }).end(END)
  expect(exporter.spans[0]!.attributes).toMatchObject({ 'url.scheme': scheme })
})

test('a sampled success is the exemplar of its bucket', () => {
  const { telemetry, exporter } = aWorld({ traceSample: 1 })
  const series = new Series()
  telemetry.begin(aStart()).end({ ...END, series })
  expect(series.exemplarOf(5)).toMatchObject({ seconds: 0.0045, traceId: exporter.spans[0]!.traceId })
  telemetry.begin(aStart()).end({ ...END, status: 500, upstreamMs: 20, series })
  expect(series.exemplarOf(7)).toBeUndefined()
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' }, 1, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 1, false],
  [{}, 0, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, 0, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER: 'always_off' }, 0, false],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    },
    0,
    false,
  ],
])(
  'a gateway serves with %j, says %i times that it sends no spans, and samples: %s',
  (env, said, sampled) => {
    const problems: object[] = []
    const logger = { ...silentLogger, error: (facts: object) => problems.push(facts) }
    const telemetry = openTelemetry({}, { env, version: '1', logger, registry: new Registry() })
    expect(telemetry.begin(aStart()).frameHeaders !== '').toBe(sampled)
    expect(problems).toHaveLength(said)
  },
)

test.each([
  ['/v2/models/a/infer', '/v2/models/{model}/infer'],
  ['/v2/models/a/versions/12/infer?x=1', '/v2/models/{model}/versions/{version}/infer'],
  ['/v1/models/a:predict', '/v1/models/{model}:predict'],
  ['/v2/models/a', '/v2/models/{model}'],
  ['/v2/health/live', '/v2/health/live'],
  ['/inference.GRPCInferenceService/ModelInfer', '/inference.GRPCInferenceService/ModelInfer'],
  ['/v2/repository/models/a/unload', '/v2/repository/models/{model}/unload'],
  ['/v2/repository/index', '/v2/repository/index'],
  ['/v2/repository/models/a/else', '/'],
  ['/v2/models/a/infer/more', '/'],
  ['/../../etc', '/'],
  ['', '/'],
])('the route of %s is %s', (path, route) => {
  expect(routeOf(path)).toBe(route)
})
