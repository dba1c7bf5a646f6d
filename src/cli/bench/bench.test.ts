import { Command } from 'commander'
import { expect, test } from 'vitest'
import type { Tensors } from '../../core/index.ts'
import { describeReport, picture, rateText } from './describe.ts'
import { findRate } from './find.ts'
import { withBenchOptions } from './flags.ts'
import { type Measured, merged } from './measure.ts'
import { WRITERS } from './messages.ts'
import { Histogram, Recorder } from './recorder.ts'
import { brokenBy, parseSlo } from './slo.ts'
import { syntheticInputs } from './synthetic.ts'

function measured(latencies: readonly number[], errors: readonly string[] = [], unanswered = 0): Measured {
  const recorder = new Recorder()
  for (const ms of latencies) {
    recorder.intended(0)
    recorder.ended(0, ms, ms, undefined)
  }
  for (const error of errors) {
    recorder.intended(0)
    recorder.ended(0, 0, 0, error)
  }
  for (let i = 0; i < unanswered; i++) recorder.intended(0)
  return merged([recorder.result({ seconds: 1, bytesIn: 0, bytesOut: 0, cpu: 0.1, connections: 1 })])
}

test.each([
  ['p99<20ms', { part: 0.99, belowMs: 20 }],
  ['p99.9 < 1s', { part: 0.999, belowMs: 1000 }],
  ['max<100ms', { part: 1, belowMs: 100 }],
])('the promise %s', (text, slo) => {
  expect(parseSlo(text)).toMatchObject(slo)
})

test.each([[''], ['p99'], ['p100<1s'], ['p99>1s'], ['p99<fast'], ['99<1s']])('%j is no promise', text => {
  expect(() => parseSlo(text)).toThrow()
})

test('a promise is broken by time, by errors, and by what was never answered', () => {
  const slo = parseSlo('p50<10ms')
  expect(brokenBy(slo, measured([1, 2, 3]))).toBeUndefined()
  expect(brokenBy(slo, measured([1, 20, 30]))).toMatch(/^p50 is 2\d(\.\d)? ms$|^p50 is 20/)
  expect(brokenBy(slo, measured([1, 2, 3], ['HTTP 503']))).toBe('1 of 4 failed')
  expect(brokenBy(slo, measured([1, 2, 3], [], 2))).toBe('only 3 of 5 were answered')
  expect(brokenBy(slo, measured([]))).toBeDefined()
})

test.each([[100], [3], [7777], [1]])(
  'the highest rate is found within 5 %% of the real limit %i',
  async limit => {
    const found = await findRate(
      100,
      parseSlo('p99<20ms'),
      async rate => measured(rate <= limit ? [5] : [500]),
      () => {},
    )
    expect(found.rate).toBeLessThanOrEqual(limit)
    expect(found.rate).toBeGreaterThan(limit / 1.051)
    expect(found.trials.length).toBeLessThan(20)
  },
)

test('a server that keeps the promise at no rate: 0, after some trials', async () => {
  const found = await findRate(
    100,
    parseSlo('p99<20ms'),
    async () => measured([], ['timeout']),
    () => {},
  )
  expect(found.rate).toBe(0)
  expect(found.trials.length).toBeLessThan(12)
})

const SPECS = [
  { name: 'x', datatype: 'FP32', shape: [-1, 2, -1] },
  { name: 'ids', datatype: 'INT64', shape: [-1] },
  { name: 'words', datatype: 'BYTES', shape: [-1, 1] },
]

test.each([['--rate', '5/s'], ['--find']])('callers that wait for their answers go at no %s', (...other) => {
  const command = withBenchOptions(new Command('bench'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  expect(() => command.parse(['--concurrency', '3', ...other], { from: 'user' })).toThrow(
    /cannot be used with/,
  )
})

test('made-up inputs fit the metadata; the batch is the first free axis; shapes may be given', () => {
  const inputs = syntheticInputs(SPECS, { batch: 3, shapes: new Map([['ids', [5]]]) }, 1)
  expect(
    Object.entries(inputs).map(([name, { dtype, shape, data }]) => [name, dtype, shape, data.length]),
  ).toEqual([
    ['x', 'float32', [3, 2, 1], 6],
    ['ids', 'int64', [5], 5],
    ['words', 'string', [3, 1], 3],
  ])
  expect(syntheticInputs(SPECS, { batch: 3, shapes: new Map() }, 2)['x']).not.toEqual(inputs['x'])
})

test.each([
  [{ name: 'x', datatype: 'FP128', shape: [1] }],
  [{ name: 'x', datatype: 'FP32', shape: [1e6, 1e6] }],
  [{ name: 'x', datatype: 'FP32', shape: [0] }],
])('no input is made up for %j', spec => {
  expect(() => syntheticInputs([spec], { batch: 1, shapes: new Map() }, 1)).toThrow(/No input can be made up/)
})

const ONE: Tensors = { x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } }
const TWO: Tensors = { ...ONE, y: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) } }
const MODEL = { name: 'digits', version: undefined }
const text = (protocol: 'json' | 'v1', inputs: Tensors) =>
  JSON.parse(String(WRITERS[protocol](inputs, MODEL)!.body))

test('inputs in JSON, in rows and in columns', () => {
  expect(text('json', TWO)).toEqual({
    inputs: [
      { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] },
      { name: 'y', shape: [2], datatype: 'BOOL', data: [true, false] },
    ],
  })
  expect(text('v1', ONE)).toEqual({
    instances: [
      [1, 2],
      [3, 4],
    ],
  })
  expect(text('v1', TWO)).toEqual({
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
      y: [true, false],
    },
  })
  const half: Tensors = { x: { dtype: 'float16', shape: [1], data: Uint16Array.of(0) } }
  expect(WRITERS.json(half, MODEL)).toBeUndefined()
})

test('inputs in binary lie behind their JSON, whose length is told', () => {
  const { body, headers } = WRITERS.binary(ONE, MODEL)!
  const length = Number(headers['inference-header-content-length'])
  expect(JSON.parse(body.toString('utf8', 0, length))).toEqual({
    inputs: [{ name: 'x', shape: [2, 2], datatype: 'FP32', parameters: { binary_data_size: 16 } }],
    parameters: { binary_data_output: true },
  })
  expect([...new Float32Array(new Uint8Array(body.subarray(length)).buffer)]).toEqual([1, 2, 3, 4])
})

test('the picture has a row a step, the longest bar full, every percentile named once; ASCII where it must be', () => {
  const latency = new Histogram()
  for (let i = 1; i <= 1000; i++) latency.add(i / 10)
  const rows = picture(latency, true).split('\n')
  expect(rows.some(row => row.includes('█'.repeat(40)))).toBe(true)
  expect(rows.join(' ').match(/p\d[\d.]*/g)).toEqual(['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'p99.99'])
  const counts = rows.map(row => Number(/ ([\d,]+)(?: {2}p.*)?$/.exec(row)![1]!.replace(',', '')))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000)
  expect(picture(latency, false)).toMatch(/^[\x20-\x7eµ\n]*$/)
})

test.each([[[5]], [[5, 5, 5]], [[0, 0.0001]], [[1e9, 0.001]]])('durations %j have a picture', durations => {
  const latency = new Histogram()
  for (const ms of durations) latency.add(ms)
  expect(picture(latency, true)).not.toMatch(/NaN|undefined|Infinity/)
})

test('a report names errors, and says when the generator is what was measured', () => {
  const report = (measured: Measured) =>
    describeReport(
      { subject: { name: 'http://x\u001b[2J', what: 'json' }, how: '10/s', measured, open: true },
      true,
    )
  expect(report(measured([1, 2, 3], ['HTTP 503']))).toMatch(/1 × HTTP 503 \(25 %\)/)
  expect(report(measured([]))).not.toMatch(/NaN/)
  expect(report(measured([1]))).not.toContain('\u001b')
  expect(report({ ...measured([1]), client: { cpu: 0.99, lagP99Ms: 0, connections: 1 } })).toMatch(
    /bottleneck/,
  )
  expect(report({ ...measured([1]), client: { cpu: 0.1, lagP99Ms: 50, connections: 1 } })).toMatch(
    /bottleneck/,
  )
  expect(report(measured([1]))).not.toMatch(/bottleneck/)
})

test.each([
  [0.25, '0.25'],
  [12.34, '12.3'],
  [1234.6, '1,235'],
])('the rate %d is written %s', (rate, written) => {
  expect(rateText(rate)).toBe(written)
})
