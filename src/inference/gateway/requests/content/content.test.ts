import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestOf } from '../../../../core/index.ts'
import { inferMessage } from '../../../protocols/grpc/infer-response.ts'
import { Redaction } from '../redaction/rules.ts'
import { contentOf, type Raw } from './content.ts'

const FLOATS = Buffer.from(Float32Array.of(0.1, 0.9, 0.2, 0.8, 0.05, 0.1).buffer)
const rule = (bodies: boolean, ...rules: string[]) => ({ bodies, redaction: new Redaction(rules) })
const KEEP = rule(false)

function aRaw(body: Buffer | string, more: Partial<Raw> = {}): Raw {
  const chunk = Buffer.from(body)
  return {
    side: 'inputs',
    protocol: 'oip',
    contentType: 'application/json',
    contentEncoding: undefined,
    jsonBytes: undefined,
    chunks: [chunk],
    bytes: chunk.length,
    ...more,
  }
}

const read = (raw: Raw, by = KEEP) => {
  const { json, decisions } = contentOf(raw, by)
  expect(json).not.toMatch(/[\r\n]/)
  return { ...JSON.parse(json), decisions }
}

function aBinary(side: 'inputs' | 'outputs', name = 'x'): Raw {
  const json = JSON.stringify({
    [side]: [
      { name, datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: FLOATS.length } },
      { name: 'k', datatype: 'INT64', shape: [1], data: [5] },
    ],
  })
  const body = Buffer.concat([Buffer.from(json), FLOATS])
  return aRaw(body, { side, jsonBytes: Buffer.byteLength(json), contentType: 'application/octet-stream' })
}

test('JSON is kept to the digit, in one line', () => {
  const { json } = contentOf(aRaw('{"id":9007199254740993,\r\n "x":1.10}'), KEEP)
  expect(json).toBe('{"json":{"id":9007199254740993,   "x":1.10}}')
})

test('binary tensors are kept as shape and digest, or as they are where that is asked for', () => {
  const tensor = { name: 'x', datatype: 'FP32', shape: [2, 3], bytes: 24 }
  expect(read(aBinary('inputs')).json.inputs).toMatchObject([
    { ...tensor, digest: digestOf(FLOATS) },
    { name: 'k', data: [5] },
  ])
  expect(read(aBinary('inputs'), rule(true)).json.inputs).toMatchObject([
    { ...tensor, base64: FLOATS.toString('base64') },
    { data: [5] },
  ])
})

test('of a tensor that is redacted not even the digest is kept', () => {
  for (const bodies of [true, false]) {
    expect(read(aBinary('inputs'), rule(bodies, 'inputs.x')).json.inputs).toEqual([
      { name: 'x', datatype: 'FP32', shape: [2, 3], redacted: true },
      { name: 'k', datatype: 'INT64', shape: [1], data: [5] },
    ])
  }
})

test('decisions are made of what was answered, whatever is kept of it', () => {
  expect(read(aBinary('outputs', 'scores')).decisions).toEqual([{ index: 1 }, { index: 0 }])
  expect(read(aBinary('outputs', 'scores'), rule(false, 'outputs.scores')).decisions).toEqual([
    { index: 1 },
    { index: 0 },
  ])
})

test('messages of gRPC are kept as their tensors', () => {
  const tensor = {
    dtype: 'float32',
    shape: [2, 3],
    data: new Float32Array(FLOATS.buffer, FLOATS.byteOffset, 6),
  } as const
  const message = Buffer.concat(
    inferMessage({ model: 'm', version: '1' }, 'id', [{ name: 'scores', tensor, binary: true }]).body,
  )
  const raw = aRaw(message, { side: 'outputs', protocol: 'grpc', contentType: 'application/grpc' })
  expect(read(raw)).toEqual({
    json: {
      outputs: [{ name: 'scores', datatype: 'FP32', shape: [2, 3], bytes: 24, digest: digestOf(FLOATS) }],
    },
    decisions: [{ index: 1 }, { index: 0 }],
  })
  expect(read(raw, rule(true, 'outputs.scores')).json.outputs).toEqual([
    { name: 'scores', datatype: 'FP32', shape: [2, 3], redacted: true },
  ])
})

test.each<[string, Raw, object]>([
  [
    'an image',
    aRaw('PNG', { protocol: 'plain', contentType: 'image/png' }),
    { contentType: 'image/png', bytes: 3, digest: digestOf('PNG') },
  ],
  [
    'a raw body',
    aRaw('abc', { jsonBytes: 0, contentType: 'application/octet-stream' }),
    { bytes: 3, digest: digestOf('abc') },
  ],
  ['much JSON', aRaw(`["${'x'.repeat(300_000)}"]`), { bytes: 300_004 }],
  ['gzip', aRaw(gzipSync('{"a":1}'), { contentEncoding: 'gzip' }), { json: { a: 1 } }],
  [
    'a bomb',
    aRaw(gzipSync(Buffer.alloc(2e6)), { contentEncoding: 'gzip' }),
    { withheld: expect.stringContaining('compressed') },
  ],
  ['no JSON', aRaw('{"a":'), { bytes: 5, withheld: 'could not be read' }],
  ['a broken message', aRaw('\xff\xff', { protocol: 'grpc' }), { withheld: 'could not be read' }],
  ['sizes that are not there', aRaw('{}', { jsonBytes: 50 }), { bytes: 2 }],
])('%s', (_name, raw, expected) => {
  expect(read(raw)).toMatchObject(expected)
})

test('where there are rules, what they can not be applied to is not kept, nor its digest', () => {
  for (const raw of [
    aRaw('PNG', { protocol: 'plain', contentType: 'image/png' }),
    aRaw('abc', { jsonBytes: 0 }),
    aRaw(`["${'x'.repeat(300_000)}"]`),
  ]) {
    expect(read(raw, rule(true, 'user.email'))).toEqual({
      bytes: raw.bytes,
      withheld: expect.any(String),
      decisions: undefined,
    })
  }
})

test('deep JSON is kept, or what redaction leaves of it, and never more than a line', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect(contentOf(aRaw(deep), KEEP).json.length).toBeLessThan(210_000)
  expect(contentOf(aRaw(deep), rule(false, 'a')).json.length).toBeLessThan(1000)
})

test.each<[string, unknown, unknown]>([
  ['a class', { model: 'm', version: 1, label: 'cat', index: 2, top: [] }, [{ label: 'cat', index: 2 }]],
  [
    'classes',
    {
      model: 'm',
      predictions: [
        { label: 'a', index: 0 },
        { label: 'b', index: 1 },
      ],
    },
    [
      { label: 'a', index: 0 },
      { label: 'b', index: 1 },
    ],
  ],
  ['a value', { model: 'm', version: 1, values: [0.5] }, [{ value: 0.5 }]],
  ['named values', { model: 'm', predictions: [{ values: { price: 3 } }] }, [{ value: 3 }]],
  ['a tensor', { model: 'm', version: 1, dtype: 'float32', shape: [2], data: [1, 2] }, undefined],
  ['sets of classes', { predictions: [{ labels: ['a'], classes: [], top: [] }] }, undefined],
  [
    'scores of V1',
    {
      predictions: [
        [0.1, 0.9],
        [0.8, 0.2],
      ],
    },
    [{ index: 1 }, { index: 0 }],
  ],
  ['numbers of V1', { predictions: [1.5, 2] }, [{ value: 1.5 }, { value: 2 }]],
  ['columns of V1', { outputs: [[0.1, 0.9]] }, [{ index: 1 }]],
  [
    'classify',
    {
      results: [
        [
          ['a', 0.2],
          ['b', 0.8],
        ],
      ],
    },
    [{ index: 1, label: 'b' }],
  ],
  ['regress', { results: [0.25] }, [{ value: 0.25 }]],
  [
    'scores of OIP',
    { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: [0, 2, 1] }] },
    [{ index: 1 }],
  ],
  [
    'labels of OIP',
    { outputs: [{ name: 'y', datatype: 'INT64', shape: [2], data: [4, 7] }] },
    [{ index: 4 }, { index: 7 }],
  ],
  [
    'texts of OIP',
    { outputs: [{ name: 'y', datatype: 'BYTES', shape: [1], data: ['spam'] }] },
    [{ label: 'spam' }],
  ],
  [
    'classification',
    { outputs: [{ name: 'y', datatype: 'BYTES', shape: [1, 1], data: ['0.9:3:cat'] }] },
    [{ index: 3, label: 'cat' }],
  ],
  [
    'an image of OIP',
    { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2, 2], data: [1, 2, 3, 4] }] },
    undefined,
  ],
  ['a refusal', { error: 'full', code: 'QUEUE_FULL' }, undefined],
  ['nothing', null, undefined],
])('what %s decides', (_name, answer, expected) => {
  expect(read(aRaw(JSON.stringify(answer), { side: 'outputs' })).decisions).toEqual(expected)
})
