import fc from 'fast-check'
import { expect, test } from 'vitest'
import { servedModel, spec } from '../../../test/fixtures/inference/served-model.ts'
import { DTYPES, type Dtype, elementCount, type Tensor } from '../../core/index.ts'
import { ModelError } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'
import { headerOf, type Reply } from '../frames/index.ts'
import { codecOf } from './choose.ts'
import { parseInferMessage } from './grpc/infer-request.ts'
import { inferMessage } from './grpc/infer-response.ts'
import { tensorOfBytes } from './oip/binary.ts'
import { parseInferRequest } from './oip/infer-request.ts'
import { inferReply } from './oip/infer-response.ts'

const SERVED = { model: 'digits', version: '3' }
const WIDTH: Partial<Record<Dtype, number>> = { float64: 8, int64: 8, uint64: 8, bool: 1, int8: 1, uint8: 1 }

/** Any tensor, NaNs and all; strings of any text. */
const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...DTYPES), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const count = elementCount(shape)
    if (dtype === 'string') {
      return fc
        .array(fc.string({ unit: 'grapheme' }), { minLength: count, maxLength: count })
        .map((data): Tensor => ({ dtype, shape, data }))
    }
    const bytes = count * (WIDTH[dtype] ?? (/16/.test(dtype) ? 2 : 4))
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(data => {
      const flags = dtype === 'bool' ? data.map(value => value & 1) : data
      return tensorOfBytes('y', dtype, shape, Buffer.from(flags))
    })
  })

/** An answer by gRPC read as a request: both messages have name, type, shape and raw contents, by other numbers. */
function throughGrpc(tensor: Tensor, raw: boolean): Tensor {
  const answer = Buffer.concat(inferMessage(SERVED, undefined, [{ name: 'y', tensor, binary: raw }]).body)
  return parseInferMessage(asRequest(answer)).inputs['y']!
}

/** Outputs (field 5) are laid out as inputs are; raw contents are field 6 there, 7 in a request. */
function asRequest(answer: Buffer): Buffer {
  const request = Buffer.from(answer)
  for (let at = 0; at < request.length; ) {
    if (request[at] === 0x32) request[at] = 0x3a
    let length = 0
    let shift = 1
    do {
      at++
      length += (request[at]! & 0x7f) * shift
      shift *= 128
    } while (request[at]! >= 0x80)
    at += 1 + length
  }
  return request
}

function throughRest(tensor: Tensor, binary: boolean): Tensor {
  const reply: Reply = inferReply(SERVED, undefined, [{ name: 'y', tensor, binary }])
  const body = Buffer.concat(reply.body)
  const length = headerOf(reply.headers, 'inference-header-content-length')
  const json = body.subarray(0, length === undefined ? undefined : Number(length))
  const request = Buffer.from(JSON.stringify({ inputs: JSON.parse(json.toString()).outputs }))
  const whole = Buffer.concat([request, body.subarray(json.length)])
  return parseInferRequest(whole, length === undefined ? undefined : request.length).inputs['y']!
}

const holdsJson = ({ dtype, data }: Tensor) =>
  /^(u?int(8|16|32)|bool|string)$/.test(dtype) || data.length === 0

test('a tensor comes through REST and gRPC the same, typed and raw', () => {
  fc.assert(
    fc.property(tensors, tensor => {
      const raw = throughGrpc(tensor, true)
      expect(raw).toEqual(tensor)
      expect(throughGrpc(tensor, false)).toEqual(tensor)
      expect(throughRest(tensor, true)).toEqual(raw)
      if (holdsJson(tensor)) expect(throughRest(tensor, false)).toEqual(tensor)
    }),
    { numRuns: 500 },
  )
})

const MODEL = servedModel(
  [spec('x', 'float32', 'N', 2), spec('t', 'string', 'N'), spec('i', 'int64', 'N')],
  [spec('y', 'float32', 'N')],
)
const SEEDS: Readonly<Record<string, Buffer>> = {
  grpc: Buffer.from(
    'CgZkaWdpdHMSATMaBGlkLTEiDgoHdGltZW91dBIDENwLKhkKAXgSBEZQMzIaAgEBKgo6CDIGAACAPwAAKhAKAXQSBUJZVEVTGgEBKgA=',
    'base64',
  ),
  oip: Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2.5] }],
      parameters: { timeout: 1 },
      outputs: [{ name: 'y', parameters: { classification: 1 } }],
    }),
  ),
  v1: Buffer.from('{"instances":[{"x":[1,-2.5],"t":"a","i":9007199254740993}]}'),
}

test.each(Object.entries(SEEDS))(
  '%s: mutated and random bytes are read or refused, never anything else',
  async (protocol, seed) => {
    const mutated = fc
      .tuple(fc.nat(seed.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }))
      .map(([at, cut, more]) => Buffer.concat([seed.subarray(0, at), more, seed.subarray(at + cut)]))
    const random = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))
    const headers = fc.constantFrom(
      '',
      'inference-header-content-length: 0\n',
      'inference-header-content-length: 9\n',
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, random), headers, async (body, more) => {
        const block = `protocol: ${protocol}\n${more}`
        try {
          await codecOf(body, block).read(body, block, MODEL)
        } catch (error) {
          const ours = error instanceof InferenceError || error instanceof ModelError
          expect(ours, String(error)).toBe(true)
        }
      }),
      { numRuns: 1500 },
    )
  },
)
