import { expect, test } from 'vitest'
import { servedModel, spec } from '../../../../test/fixtures/inference/served-model.ts'
import type { Tensor } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import { headerOf, type Reply } from '../../frames/index.ts'
import type { InferenceCall, ServedModel } from '../codec.ts'
import { classified } from './classification.ts'
import { oip } from './codec.ts'
import { sumStatistics } from './statistics.ts'

const X = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }
const SCORES = spec('scores', 'float32', 'N', 3)
const MODEL = servedModel([spec('x', 'float32', 'N', 2)], [SCORES, spec('text', 'string', 'N')], {
  task: 'classification',
  labels: ['cat', 'dog', 'owl'],
})

function read(body: unknown, model: ServedModel = MODEL, headers = ''): InferenceCall {
  const call = oip.read(Buffer.from(JSON.stringify(body)), headers, model)
  if (call instanceof Promise) throw new Error('expected a call at once')
  return call
}

const json = (reply: Reply) => JSON.parse(Buffer.concat(reply.body).toString())
const scores: Tensor = {
  dtype: 'float32',
  shape: [2, 3],
  data: Float32Array.of(0.1, 0.7, 0.2, 5, 5, Number.NaN),
}
const text: Tensor = { dtype: 'string', shape: [2], data: ['a', 'b'] }

test('timeout is microseconds, priority a level; unknown parameters are let be', () => {
  const parameters = {
    timeout: 2500,
    priority: 3,
    sequence_id: 0,
    sequence_start: false,
    note: { deep: [1] },
  }
  expect(read({ inputs: [X], parameters })).toMatchObject({ timeoutMs: 2.5, priority: 3 })
  expect(read({ inputs: [{ ...X, parameters: { content_type: 'np' } }] }).timeoutMs).toBeUndefined()
  expect(read({ inputs: [X], parameters: { timeout: 0 } }).timeoutMs).toBeUndefined()
})

test.each<readonly [string, object, RegExp]>([
  ['a sequence', { parameters: { sequence_id: 'abc' } }, /sequence_id/],
  ['the start of a sequence', { parameters: { sequence_start: true } }, /sequence_start/],
  ['a timeout that is text', { parameters: { timeout: '1s' } }, /timeout to be microseconds/],
  ['a negative priority', { parameters: { priority: -1 } }, /priority/],
  ['parameters that are a list', { parameters: [] }, /parameters to be an object/],
  [
    'an input in shared memory',
    { inputs: [{ ...X, parameters: { shared_memory_region: 'a' } }] },
    /shared memory/,
  ],
  [
    'an output in shared memory',
    { outputs: [{ name: 'scores', parameters: { shared_memory_region: 'a' } }] },
    /shared memory/,
  ],
  ['an unknown output', { outputs: [{ name: 'q' }] }, /no output 'q'; it has scores, text/],
  ['an output twice', { outputs: [{ name: 'text' }, { name: 'text' }] }, /twice/],
  ['classes of texts', { outputs: [{ name: 'text', parameters: { classification: 1 } }] }, /holds texts/],
  ['half a class', { outputs: [{ name: 'scores', parameters: { classification: 0.5 } }] }, /whole number/],
  ['NaN', { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [null, 1] }] }, /Expected numbers/],
])('%s is refused', (_, more, reason) => {
  expect(() => read({ inputs: [X], ...more })).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(reason) }),
  )
})

test('NaN in JSON is refused with the way round it', () => {
  const body = Buffer.from('{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[NaN,1]}]}')
  expect(() => oip.read(body, '', MODEL)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('NaN'),
      hint: expect.stringContaining('binary'),
    }),
  )
})

test('the best classes are told as value:index:label, in the shape of the extension', () => {
  const outputs = [{ name: 'scores', parameters: { classification: 2 } }, { name: 'text' }]
  const call = read({ inputs: [X], outputs, id: '7' })
  expect(call.outputs).toEqual(['scores', 'text'])
  expect(json(call.encode({ scores, text }))).toEqual({
    id: '7',
    model_name: 'digits',
    model_version: '3',
    outputs: [
      {
        name: 'scores',
        datatype: 'BYTES',
        shape: [2, 2],
        data: ['0.7:1:dog', '0.2:2:owl', '5:0:cat', '5:1:dog'],
      },
      { name: 'text', datatype: 'BYTES', shape: [2], data: ['a', 'b'] },
    ],
  })
})

test('the example of the extension: [1, 5, 10, 4] has the best two at 2 and 1', () => {
  const tensor: Tensor = { dtype: 'int32', shape: [4], data: Int32Array.of(1, 5, 10, 4) }
  expect(classified(tensor, 2, [])).toEqual({ dtype: 'string', shape: [2], data: ['10:2', '5:1'] })
  expect(classified(tensor, 9, []).shape).toEqual([4])
})

test('a raw body is answered in binary', async () => {
  const model = servedModel([spec('x', 'float32', 'N', 2)], [SCORES])
  const call = await oip.read(
    Buffer.from(Float32Array.of(1, 2).buffer),
    'inference-header-content-length: 0\n',
    model,
  )
  expect(headerOf(call.encode({ scores }).headers, 'inference-header-content-length')).toMatch(/^\d+$/)
})

test('metadata lists the versions that a gateway names', () => {
  expect(json(oip.metadata(MODEL, 'versions: 1,3\n')).versions).toEqual(['1', '3'])
  expect(json(oip.metadata(MODEL, '')).versions).toEqual(['3'])
})

test("Triton's configuration tells the batch apart where all ports have one", () => {
  const model = servedModel([spec('x', 'float32', 'N', 1024)], [spec('y', 'float32', 'N')])
  expect(json(oip.config(model))).toEqual({
    name: 'digits',
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: 2 ** 26 / 4096,
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [1024] }],
    output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [] }],
  })
  const whole = servedModel([spec('x', 'float32', 1, 4)], [spec('y', 'bfloat16', 'N')])
  expect(json(oip.config(whole))).toMatchObject({
    max_batch_size: 0,
    input: [{ dims: [1, 4] }],
    output: [{ data_type: 'TYPE_BF16', dims: [-1] }],
  })
})

test('errors have the body of the protocol', () => {
  const error = new InferenceError('QUEUE_FULL', { message: 'full', hint: 'wait' })
  const reply = oip.refuse(error)
  expect(json(reply)).toEqual({ error: 'full', code: 'QUEUE_FULL', hint: 'wait' })
  expect(reply.status).toBe(503)
  expect(json(oip.refuse(new Error('secret')))).not.toHaveProperty('hint')
  expect(String(Buffer.concat(oip.refuse(new Error('secret')).body))).not.toContain('secret')
})

test('statistics of several replicas are added up, by version', () => {
  const none = { count: 0, nanoseconds: 0 }
  const told = (count: number, at: number) => {
    const total = { count, nanoseconds: count * 10 }
    return Buffer.concat(
      oip.statistics(MODEL, {
        inferences: count,
        executions: count,
        lastInferenceAt: at,
        success: total,
        fail: none,
        queue: total,
        computeInput: none,
        computeInfer: total,
        computeOutput: none,
        cacheHit: none,
        cacheMiss: none,
        batches: [{ rows: count, computeInput: none, computeInfer: total, computeOutput: none }],
      }).body,
    )
  }
  const [sum, ...others] = sumStatistics([told(8, 5), told(2, 9), told(2, 7)])
  expect(others).toEqual([])
  expect(sum).toMatchObject({ name: 'digits', version: '3', inference_count: 12, last_inference: 9 })
  expect(sum?.inference_stats.success).toEqual({ count: 12, ns: 120 })
  expect(sum?.batch_stats.map(batch => [batch.batch_size, batch.compute_infer])).toEqual([
    [2, { count: 4, ns: 40 }],
    [8, { count: 8, ns: 80 }],
  ])
})
