import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { FakeCollector, type Received } from '../../../../../test/fixtures/otlp-collector.ts'
import { SpanExporter } from './exporter.ts'
import { randomHex } from './ids.ts'
import { type OtlpSettings, otlpSettings } from './settings.ts'
import type { Span } from './span.ts'

const collectors: FakeCollector[] = []
afterEach(() => {
  for (const collector of collectors.splice(0)) collector.close()
})

async function aCollector(
  env: Record<string, string> = {},
): Promise<{ collector: FakeCollector; settings: OtlpSettings }> {
  const collector = new FakeCollector()
  collectors.push(collector)
  const url = await collector.open()
  return { collector, settings: otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env })! }
}

const namesAt = ({ batches }: FakeCollector) => batches.map(spans => spans.map(({ name }) => name))
const scope = { name: 'ballast', version: '1.2.3' }

function aSpan(name: string, more: Partial<Span> = {}): Span {
  return {
    traceId: randomHex(16),
    spanId: randomHex(8),
    parentSpanId: undefined,
    traceState: undefined,
    name,
    kind: 'server',
    from: 1_700_000_000_000.25,
    to: 1_700_000_000_001.5,
    failed: false,
    attributes: {},
    ...more,
  }
}

test('a batch is an ExportTraceServiceRequest, as OTLP writes it in JSON', async () => {
  const { collector, settings } = await aCollector({
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b, api-key=k',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
    OTEL_SERVICE_NAME: 'models',
  })
  const exporter = new SpanExporter({ settings, scope })
  const attributes = { text: 'a"b', whole: 200, part: 0.5, yes: true, none: undefined }
  const span = aSpan('GET /', {
    parentSpanId: 'b7ad6b7169203331',
    traceState: 'a=1',
    failed: true,
    attributes,
  })
  exporter.add([span])
  await exporter.close(5000)

  const [request] = collector.received
  expect(request!.path).toBe('/v1/traces')
  expect(request!.headers).toMatchObject({
    'content-type': 'application/json',
    'x-tenant': 'a b',
    'api-key': 'k',
  })
  expect(JSON.parse(String(request!.body))).toEqual({
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: 'deployment.environment.name', value: { stringValue: 'staging' } },
            { key: 'service.name', value: { stringValue: 'models' } },
          ],
        },
        scopeSpans: [
          {
            scope,
            spans: [
              {
                traceId: span.traceId,
                spanId: span.spanId,
                parentSpanId: 'b7ad6b7169203331',
                traceState: 'a=1',
                flags: 0x301,
                name: 'GET /',
                kind: 2,
                startTimeUnixNano: '1700000000000250000',
                endTimeUnixNano: '1700000000001500000',
                attributes: [
                  { key: 'text', value: { stringValue: 'a"b' } },
                  { key: 'whole', value: { intValue: '200' } },
                  { key: 'part', value: { doubleValue: 0.5 } },
                  { key: 'yes', value: { boolValue: true } },
                ],
                status: { code: 2 },
              },
            ],
          },
        ],
      },
    ],
  })
  expect(exporter).toMatchObject({ exported: 1, dropped: 0 })
})

test('spans go in batches, each once, in their order', async () => {
  const { collector, settings } = await aCollector({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' })
  const exporter = new SpanExporter({ settings, scope })
  for (let i = 0; i < 10; i++) exporter.add([aSpan(`${i}`)])
  await exporter.close(5000)
  expect(namesAt(collector).flat()).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`))
  expect(namesAt(collector).every(batch => batch.length <= 4)).toBe(true)
})

test.each([[429], [502], [503], [504]])(
  'after %i the same batch is sent again, when Retry-After says so',
  async status => {
    const { collector, settings } = await aCollector({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' })
    const problems: (string | undefined)[] = []
    collector.answers.push(
      { status, headers: { 'retry-after': '0' } },
      { status, headers: { 'retry-after': '0' } },
    )
    const taken = new Promise<void>(resolve => {
      const exporter = new SpanExporter({
        settings,
        scope,
        onProblem: reason => {
          problems.push(reason)
          if (reason === undefined) resolve()
        },
      })
      exporter.add([aSpan('one')])
    })
    await taken
    expect(namesAt(collector)).toEqual([['one'], ['one'], ['one']])
    expect(problems).toEqual([`it answered ${status}`, undefined])
  },
)

test.each([[400], [401], [404], [500]])(
  '%i will not change: the batch is dropped, the next one sent',
  async status => {
    const { collector, settings } = await aCollector({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' })
    collector.answers.push({ status })
    const exporter = new SpanExporter({ settings, scope })
    exporter.add([aSpan('refused')])
    exporter.add([aSpan('taken')])
    await exporter.close(5000)
    expect(namesAt(collector)).toEqual([['refused'], ['taken']])
    expect(exporter).toMatchObject({ exported: 1, dropped: 1 })
  },
)

test('what a collector took only in part is counted as such', async () => {
  const { collector, settings } = await aCollector()
  collector.answers.push({
    status: 200,
    body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}',
  })
  const exporter = new SpanExporter({ settings, scope })
  exporter.add([aSpan('1'), aSpan('2'), aSpan('3')])
  await exporter.close(5000)
  expect(exporter).toMatchObject({ exported: 1, dropped: 2 })
})

test('a full queue drops the newest spans and counts them', async () => {
  const { collector, settings } = await aCollector({ OTEL_BSP_MAX_QUEUE_SIZE: '3' })
  const exporter = new SpanExporter({ settings, scope })
  for (let i = 0; i < 5; i++) exporter.add([aSpan(`${i}`)])
  await exporter.close(5000)
  expect(namesAt(collector).flat()).toEqual(['0', '1', '2'])
  expect(exporter).toMatchObject({ exported: 3, dropped: 2 })
})

test('nobody at the other end: closing ends, and the spans are counted as dropped', async () => {
  const { collector, settings } = await aCollector()
  collector.close()
  const problems: (string | undefined)[] = []
  const exporter = new SpanExporter({ settings, scope, onProblem: reason => problems.push(reason) })
  exporter.add([aSpan('1')])
  await exporter.close(5000)
  expect(exporter).toMatchObject({ exported: 0, dropped: 1 })
  expect(problems).toEqual([expect.stringContaining('ECONNREFUSED')])
})

test('bodies are zipped where OTEL_EXPORTER_OTLP_COMPRESSION says so', async () => {
  const { collector, settings } = await aCollector({ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' })
  const exporter = new SpanExporter({ settings, scope })
  exporter.add([aSpan('zipped')])
  await exporter.close(5000)
  const [{ headers, body }] = collector.received as [Received]
  expect(headers['content-encoding']).toBe('gzip')
  expect(String(gunzipSync(body))).toContain('zipped')
})

test.each([
  [{}, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_EXPORTER: 'none' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, 'http://c:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp' }, 'https://c/otlp/v1/traces'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b:1/own' },
    'http://b:1/own',
  ],
])('%j: spans go to %s', (env, url) => {
  expect(otlpSettings(env)?.url).toBe(url)
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'file:///etc/passwd' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'secret' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz' }],
])('%j is TELEMETRY_INVALID, and tells no header', env => {
  expect(() => otlpSettings(env)).toThrow(expect.objectContaining({ code: 'TELEMETRY_INVALID' }))
  expect(() => otlpSettings(env)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})
