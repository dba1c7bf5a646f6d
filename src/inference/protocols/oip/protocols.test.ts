import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DTYPES, type Tensor } from '../../../core/index.ts'
import { numbersOf } from '../../../model/index.ts'
import type { Reply } from '../../frames/index.ts'
import { headerOf } from '../../frames/index.ts'
import { looksLikeImage } from '../plain/image.ts'
import { bytesOfTensor, tensorOfBytes } from './binary.ts'
import { parseInferRequest, rawRequest } from './infer-request.ts'
import { inferReply } from './infer-response.ts'
import { metadataBody } from './metadata.ts'

const parse = (request: unknown, binary?: Buffer) => {
  const json = Buffer.from(typeof request === 'string' ? request : JSON.stringify(request))
  return parseInferRequest(binary ? Buffer.concat([json, binary]) : json, binary && json.length)
}
const input = (more: object) => ({ inputs: [{ name: 'x', shape: [2], datatype: 'FP32', ...more }] })
const SERVED = { model: 'digits', version: '3' }

test.each([
  ['FP32', [1, 2.5], { dtype: 'float32', data: Float32Array.of(1, 2.5) }],
  ['FP64', [1, 0.1], { dtype: 'float64', data: Float64Array.of(1, 0.1) }],
  ['FP16', [1, -2], { dtype: 'float16', data: Uint16Array.of(0x3c00, 0xc000) }],
  ['BF16', [1, -2], { dtype: 'bfloat16', data: Uint16Array.of(0x3f80, 0xc000) }],
  ['INT8', [-128, 127], { dtype: 'int8', data: Int8Array.of(-128, 127) }],
  ['UINT16', [0, 65535], { dtype: 'uint16', data: Uint16Array.of(0, 65535) }],
  ['INT64', [-1, 2], { dtype: 'int64', data: BigInt64Array.of(-1n, 2n) }],
  ['BOOL', [true, false], { dtype: 'bool', data: Uint8Array.of(1, 0) }],
  ['BOOL', [1, 0], { dtype: 'bool', data: Uint8Array.of(1, 0) }],
  ['BYTES', ['a', 'é'], { dtype: 'string', data: ['a', 'é'] }],
])('%s data %j', (datatype, data, expected) => {
  expect(parse(input({ datatype, data })).inputs['x']).toMatchObject({ ...expected, shape: [2] })
})

test('whole numbers of 64 bits keep all their digits', () => {
  const request =
    '{"inputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[9223372036854775807,-9007199254740993]}]}'
  expect(parse(request).inputs['x']!.data).toEqual(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 53n) - 1n))
})

test('the order of the members does not matter', () => {
  const { inputs, id } = parse({
    inputs: [{ data: [[1], [2]], datatype: 'FP32', name: 'x', shape: [2, 1] }],
    id: 'a',
  })
  expect(inputs['x']).toMatchObject({ shape: [2, 1], data: Float32Array.of(1, 2) })
  expect(id).toBe('a')
})

test('binary tensors are cut from behind the JSON, in order', () => {
  const request = {
    inputs: [
      { name: 'a', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
      { name: 'json', shape: [1], datatype: 'INT32', data: [7] },
      { name: 'text', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 10 } },
    ],
    outputs: [{ name: 'y', parameters: { binary_data: true } }, { name: 'z' }],
  }
  const text = bytesOfTensor({ dtype: 'string', shape: [2], data: ['x', 'é'.slice(0, 1)] })
  const binary = Buffer.concat([Buffer.from(Float32Array.of(1, 2).buffer), text])
  request.inputs[2]!.parameters = { binary_data_size: text.byteLength }
  const { inputs, outputs } = parse(request, binary)
  expect(inputs['a']!.data).toEqual(Float32Array.of(1, 2))
  expect(inputs['json']!.data).toEqual(Int32Array.of(7))
  expect(inputs['text']!.data).toEqual(['x', 'é'])
  expect(outputs).toEqual([
    { name: 'y', binary: true, classes: undefined },
    { name: 'z', binary: false, classes: undefined },
  ])
})

test.each([
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['an array', '[]'],
  ['JSON cut off', '{"inputs":[{"name":"x"'],
  ['something behind the JSON', '{"inputs":[]} {}'],
  ['no data', input({})],
  ['too few elements', input({ data: [1] })],
  ['too many elements', input({ data: [1, 2, 3] })],
  ['a shape that claims much', input({ shape: [1e9, 1e9], data: [1] })],
  ['a shape past 2^53', input({ shape: [2 ** 40, 2 ** 40], data: [1] })],
  ['a negative size', input({ shape: [-1], data: [1] })],
  ['a broken size', input({ shape: [1.5], data: [1] })],
  ['too many axes', input({ shape: Array(17).fill(1), data: [1] })],
  ['an unknown datatype', input({ datatype: 'FP31', data: [1, 2] })],
  ['text for numbers', input({ data: ['a', 'b'] })],
  ['numbers for text', input({ datatype: 'BYTES', data: [1, 2] })],
  ['numbers for flags', input({ datatype: 'BOOL', data: [2, 3] })],
  ['an input twice', { inputs: [input({ data: [1, 2] }).inputs[0], input({ data: [1, 2] }).inputs[0]] }],
  ['binary data that is not there', input({ parameters: { binary_data_size: 8 } })],
  ['a negative binary size', input({ parameters: { binary_data_size: -8 } })],
  ['outputs that are no list', { ...input({ data: [1, 2] }), outputs: 'y' }],
  ['a flag that is none', { ...input({ data: [1, 2] }), parameters: { binary_data_output: 1 } }],
  [
    'too many inputs',
    {
      inputs: Array.from({ length: 300 }, (_, i) => ({
        ...input({ data: [1, 2] }).inputs[0],
        name: `x${i}`,
      })),
    },
  ],
])('%s is refused', (_, request) => {
  expect(() => parse(request)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
})

test.each([
  ['INT8', [128, 0]],
  ['INT32', [1.5, 0]],
  ['UINT64', [-1, 0]],
])('%s refuses %j', (datatype, data) => {
  expect(() => parse(input({ datatype, data }))).toThrow(expect.objectContaining({ code: 'INPUT_DTYPE' }))
})

test.each([
  ['FP16', '[65520,0]'],
  ['FP32', '[0,3.5e38]'],
  ['BF16', '[-3.4e38,0]'],
  ['FP64', '[1e999,0]'],
])('%s refuses %s, which would become infinite', (datatype, data) => {
  const request = `{"inputs":[{"name":"x","shape":[2],"datatype":"${datatype}","data":${data}}]}`
  expect(() => parse(request)).toThrow(/too large for its datatype/)
})

test('the largest numbers of a type are taken', () => {
  const largest = { FP16: 65504, FP32: 3.4028234663852886e38, FP64: Number.MAX_VALUE }
  for (const [datatype, value] of Object.entries(largest)) {
    const tensor = parse(input({ datatype, data: [value, -value] })).inputs['x']!
    expect(Array.from(numbersOf(tensor))).toEqual([value, -value])
  }
})

test('broken UTF-8 and halves of characters are refused', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1')
  const broken = bytes('{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["\xff"]}]}')
  expect(() => parseInferRequest(broken, undefined)).toThrow(/UTF-8/)
  const half = '{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["\\ud800"]}]}'
  expect(() => parse(half)).toThrow(/Expected strings/)
})

const deep = '['.repeat(30_000) + ']'.repeat(30_000)

test.each([
  ['a shape', `{"inputs":[{"name":"x","shape":${deep},"datatype":"FP32","data":[1]}]}`],
  ['an id', `{"id":${deep},"inputs":[]}`],
  ['numbers', `{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":${deep}}]}`],
  ['texts', `{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":${deep}}]}`],
  ['a parameter', `{"parameters":{"timeout":${deep}},"inputs":[]}`],
])('%s nested 30,000 times is refused in few words', (_, request) => {
  expect(() => parse(request)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(/^.{1,200}$/) }),
  )
})

test('texts beyond what the shape says are not even parsed', () => {
  const data = `[${Array(100_000).fill('{}').join()}]`
  const request = `{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":${data}}]}`
  expect(() => parse(request)).toThrow(/more than 2 elements/)
})

test('bytes that belong to no input are refused', () => {
  expect(() => parse(input({ data: [1, 2] }), Buffer.alloc(4))).toThrow(/belong to no input/)
})

test('a header length past the body is refused', () => {
  expect(() => parseInferRequest(Buffer.from('{}'), 3)).toThrow(/Inference-Header-Content-Length/)
})

test('an element that claims to be longer than the rest is refused', () => {
  expect(() => tensorOfBytes('x', 'string', [1], Buffer.from([255, 255, 255, 255, 65]))).toThrow(/longer/)
})

test('names of the prototype are plain names', () => {
  const { inputs } = parse(
    '{"__proto__":{"a":1},"inputs":[{"name":"__proto__","shape":[1],"datatype":"FP32","data":[1]}]}',
  )
  expect(Object.keys(inputs)).toEqual(['__proto__'])
  expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
})

test('arbitrary bytes are refused, or parsed, never anything else', () => {
  const seeds = JSON.stringify({
    ...input({ data: [[1], ['a\\"', { b: [] }]] }),
    id: 'x',
    outputs: [{ name: 'y' }],
  })
  const mutated = fc
    .tuple(fc.nat(seeds.length), fc.nat(5), fc.string({ maxLength: 4 }))
    .map(([at, cut, text]) => seeds.slice(0, at) + text + seeds.slice(at + cut))
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), text => {
      try {
        parse(text)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(REQUEST_INVALID|INPUT_DTYPE)$/) })
      }
    }),
    { numRuns: 1000 },
  )
})

test('a raw body fills the only input', () => {
  const spec = { name: 'x', dtype: 'float32', shape: ['N', 2] } as const
  const body = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)
  expect(rawRequest(body, { inputs: [spec], outputs: [] }).inputs['x']).toMatchObject({ shape: [2, 2] })
  expect(() => rawRequest(body.subarray(4), { inputs: [spec], outputs: [] })).toThrow(/does not fill/)
  expect(() => rawRequest(body, { inputs: [spec, spec], outputs: [] })).toThrow(/one input/)
})

const bodyOf = (reply: Reply) => Buffer.concat(reply.body)

test.each([...DTYPES])('a binary output of %s can be read back', dtype => {
  const tensor: Tensor =
    dtype === 'string'
      ? { dtype, shape: [2], data: ['', 'naïve'] }
      : tensorOfBytes('x', dtype, [3], Buffer.alloc(3 * bytesOf(dtype), 1))
  const reply = inferReply(SERVED, 'q', [{ name: 'y', tensor, binary: true }])
  const length = Number(headerOf(reply.headers, 'inference-header-content-length'))
  const json = JSON.parse(bodyOf(reply).toString('utf8', 0, length))
  expect(json).toMatchObject({ id: 'q', model_name: 'digits', model_version: '3' })
  const [{ name, shape, parameters }] = json.outputs
  const rest = bodyOf(reply).subarray(length)
  expect(rest).toHaveLength(parameters.binary_data_size)
  expect(tensorOfBytes(name, dtype, shape, rest)).toEqual(tensor)
})

function bytesOf(dtype: string): number {
  return Number(/\d+/.exec(dtype)?.[0] ?? 8) / 8
}

test.each([
  ['float32', Float32Array.of(0.5, Number.NaN), '[0.5,null]'],
  ['float16', Uint16Array.of(0x3c00), '[1]'],
  ['bfloat16', Uint16Array.of(0xc000), '[-2]'],
  ['int64', BigInt64Array.of(2n ** 62n), '[4611686018427387904]'],
  ['bool', Uint8Array.of(1, 0), '[true,false]'],
  ['string', ['a"'], '["a\\""]'],
] as const)('JSON output of %s', (dtype, data, text) => {
  const reply = inferReply(SERVED, undefined, [
    { name: 'y', tensor: { dtype, shape: [data.length], data }, binary: false },
  ])
  expect(String(bodyOf(reply))).toContain(`"data":${text}`)
})

test('metadata tells ports in the words of the protocol', () => {
  const signature = {
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 28, null] }],
    outputs: [{ name: 'y', dtype: 'string', shape: ['N'] }],
  } as const
  expect(JSON.parse(metadataBody(SERVED, signature))).toEqual({
    name: 'digits',
    versions: ['3'],
    platform: 'onnx_onnxv1',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 28, -1] }],
    outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }],
  })
})

test.each([
  ['PNG', '89504e470d0a1a0a0000000d', true],
  ['JPEG', 'ffd8ffe000104a4649460001', true],
  ['WebP', '52494646000000005745425056503820', true],
  ['WAV', '524946460000000057415645', false],
  ['JSON', Buffer.from('{"inputs":[]}').toString('hex'), false],
  ['a beginning only', '89504e47', false],
])('%s looks like an image: %s -> %s', (_, hex, expected) => {
  expect(looksLikeImage(Buffer.from(hex, 'hex'))).toBe(expected)
})
