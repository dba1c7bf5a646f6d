import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OURS } from '../../../../test/fixtures/inference/grpc/ours.ts'
import type { Tensor } from '../../../core/index.ts'
import { numbersOf } from '../../../model/index.ts'
import { InferenceError } from '../../errors.ts'
import { isStrings } from '../oip/binary.ts'
import { envelopeOf } from './envelope.ts'
import { parseInferMessage } from './infer-request.ts'
import { readHealthRequest, readIndexRequest, readModelName, readRepositoryModel } from './server-messages.ts'
import { grpcStatusOf, grpcStatusOfHttp } from './status.ts'

const fixture = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../test/fixtures/inference/grpc/${name}`, import.meta.url), 'utf8'),
  )

interface TheirRequest {
  readonly message: string
  readonly says: {
    readonly inputs: readonly {
      readonly name: string
      readonly datatype: string
      readonly shape: readonly string[]
      readonly contents?: Readonly<Record<string, readonly unknown[]>>
    }[]
  }
  readonly raw?: Readonly<Record<string, readonly unknown[]>>
}
const REQUESTS: Readonly<Record<string, TheirRequest>> = fixture('requests.json')

/** Elements as protobuf's JSON has them. */
function told({ dtype, data, ...tensor }: Tensor): readonly unknown[] {
  if (isStrings(data)) return data
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data, String)
  const numbers = Array.from(numbersOf({ dtype, data, ...tensor }))
  return dtype === 'bool' ? numbers.map(value => value === 1) : numbers
}

const parsed = (name: string) => parseInferMessage(Buffer.from(REQUESTS[name]!.message, 'base64'))

test.each(Object.keys(REQUESTS).filter(name => /^(raw|typed|two)/.test(name)))(
  "a message of the generated classes is read as they wrote it: '%s'",
  name => {
    const { says, raw } = REQUESTS[name]!
    const { inputs } = parsed(name)
    expect(Object.keys(inputs)).toEqual(says.inputs.map(input => input.name))
    for (const { name, datatype, shape, contents } of says.inputs) {
      const tensor = inputs[name]!
      expect(tensor.shape).toEqual(shape.map(Number))
      const [values] = Object.values(contents ?? {})
      const expected = raw?.[name] ?? values!
      const texts = datatype === 'BYTES' && raw === undefined
      expect(told(tensor)).toEqual(
        texts
          ? expected.map(text => Buffer.from(String(text), 'base64').toString())
          : singles(datatype, expected),
      )
    }
  },
)

/** Protobuf's JSON has a single's shortest decimals. */
function singles(datatype: string, values: readonly unknown[]): readonly unknown[] {
  return datatype === 'FP32' ? values.map(value => Math.fround(Number(value))) : values
}

test('options and parameters of a client are understood, others are let be', () => {
  const { id, outputs, options, inputs } = parsed('options')
  expect(id).toBe('id-1')
  expect(options).toEqual({ binary: true, timeoutMs: 1.5, priority: 2 })
  expect(outputs).toEqual([
    { name: 'y', binary: true, classes: 2 },
    { name: 'z', binary: true, classes: undefined },
  ])
  expect(inputs['a']).toMatchObject({ shape: [1, 2], data: Float32Array.of(1, 2) })
})

test('typed contents are answered in kind unless the client asks for raw ones', () => {
  expect(parsed('typed FP32').options.binary).toBe(false)
  expect(parsed('raw FP32').options.binary).toBe(true)
  expect(parsed('two inputs').options.binary).toBe(true)
})

test('a sequence is refused', () => {
  expect(() => parsed('sequence')).toThrow(/sequence_id/)
})

test('a gateway reads whom a message is for', () => {
  const message = Buffer.from(REQUESTS['options']!.message, 'base64')
  expect(envelopeOf(message)).toEqual({ model: 'digits', version: '3', id: 'id-1' })
})

const READ = fixture('read.json')
const WRITTEN = fixture('ours.json')

test.each(Object.keys(OURS))("the generated classes read what we wrote: '%s'", name => {
  const { message, says } = OURS[name]!
  expect(message.toString('base64')).toBe(WRITTEN[name])
  expect(READ[name]).toEqual(says)
})

// By hand, from https://protobuf.dev/programming-guides/encoding/: a tag is field × 8 + wire type.
const text = (field: number, value: string) => [field * 8 + 2, value.length, ...Buffer.from(value)]
const input = (...more: number[]) => {
  const bytes = [...text(1, 'x'), ...text(2, 'INT32'), ...more]
  return Buffer.from([0x2a, bytes.length, ...bytes])
}
/** An input of the sizes given, its contents as bytes. */
const shaped = (shape: readonly number[], contents: readonly number[]) =>
  input(...shape.flatMap(size => [0x18, size]), 0x2a, contents.length, ...contents)

test('numbers that are not packed are read as those that are', () => {
  const unpacked = shaped([2], [0x10, 0x05, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
  expect(parseInferMessage(unpacked).inputs['x']).toMatchObject({ shape: [2], data: Int32Array.of(5, -1) })
  const pieces = shaped([3], [0x12, 0x01, 0x05, 0x10, 0x06, 0x12, 0x01, 0x07])
  expect(parseInferMessage(pieces).inputs['x']!.data).toEqual(Int32Array.of(5, 6, 7))
})

test('fields that nobody knows are jumped over', () => {
  const known = shaped([1], [0x10, 0x05])
  const unknown = Buffer.from([0xa0, 0x06, 0x01, 0xa2, 0x06, 0x02, 1, 2, 0xa5, 0x06, 1, 2, 3, 4])
  expect(parseInferMessage(Buffer.concat([unknown, known])).inputs['x']!.data).toEqual(Int32Array.of(5))
})

const raw = (...bytes: number[]) => Buffer.from([0x3a, bytes.length, ...bytes])
const unfinished = Array(10).fill(0xff)

test.each<readonly [string, Buffer, RegExp]>([
  ['a tag that is cut off', Buffer.from([0x80]), /cut off/],
  ['a length past the end', Buffer.from([0x0a, 0x05, 0x61]), /5 bytes, and 1 are left/],
  ['a length of 2^63', Buffer.from([0x0a, ...Array(9).fill(0x80), 0x01]), /are left/],
  ['a number of 70 bits', Buffer.from([0x08, ...unfinished, 0x01]), /64 bits/],
  ['field 0', Buffer.from([0x02, 0x00]), /no number/],
  ['a group', Buffer.from([0x0b, 0x0c]), /wire type 3/],
  ['a name that is a number', Buffer.from([0x18, 0x01]), /wire type 0 for field 3/],
  ['an id that is not UTF-8', Buffer.from([0x1a, 0x01, 0xff]), /UTF-8/],
  ['an input without a datatype', Buffer.from([0x2a, 0x03, 0x0a, 0x01, 0x78]), /datatype/],
  ['a negative size', input(0x18, ...Array(9).fill(0xff), 0x01), /size -1/],
  ['a size of 2^62', input(0x18, ...Array(8).fill(0x80), 0x40, 0x2a, 0x02, 0x10, 0x05), /size 4611686018427/],
  ['more elements than there are', shaped([100], [0x10, 0x05]), /Expected 100 elements/],
  [
    '2^31 elements',
    input(0x18, 0x80, 0x80, 0x80, 0x80, 0x08, 0x2a, 0x02, 0x10, 0x05),
    /Expected 2147483648 elements/,
  ],
  ['sizes past 2^53', shaped([127, 127, 127, 127, 127, 127, 127, 127, 127], []), /Expected Infinity/],
  ['17 axes', shaped(Array(17).fill(1), [0x10, 0x05]), /16 axes/],
  ['contents of another kind', shaped([1], [0x18, 0x05]), /expected int_contents, found int64_contents/],
  ['a number past int32', shaped([1], [0x10, 0xff, 0xff, 0xff, 0xff, 0x7f]), /can't hold/],
  ['raw bytes too few', Buffer.concat([shaped([2], []), raw(1, 2, 3)]), /Expected 8 bytes/],
  ['raw and typed at once', Buffer.concat([shaped([1], [0x10, 0x05]), raw(1, 2, 3, 4)]), /as well as/],
  ['one raw too many', Buffer.concat([shaped([1], []), raw(), raw()]), /one for each input, found 2/],
  ['an input twice', Buffer.concat([shaped([1], [0x10, 1]), shaped([1], [0x10, 1])]), /twice/],
  ['too many inputs', Buffer.concat(Array(257).fill(shaped([1], [0x10, 1]))), /more than 256 inputs/],
])('%s is refused', (_, message, reason) => {
  expect(() => parseInferMessage(message)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(reason) }),
  )
})

test('BYTES that are not UTF-8 are refused, raw and typed', () => {
  const given = (...contents: number[]) => {
    const bytes = [...text(1, 'x'), ...text(2, 'BYTES'), 0x18, 0x01, ...contents]
    return Buffer.from([0x2a, bytes.length, ...bytes])
  }
  expect(() => parseInferMessage(given(0x2a, 0x03, 0x42, 0x01, 0xff))).toThrow(/not UTF-8/)
  expect(() => parseInferMessage(Buffer.concat([given(), raw(1, 0, 0, 0, 0xc3)]))).toThrow(/not UTF-8/)
})

test('a message of countless fields costs a gateway little', () => {
  expect(() => envelopeOf(Buffer.alloc(100_000, 0x20).fill(Buffer.from([0x20, 0x01])))).toThrow(/2048 fields/)
})

test('the small requests are read', () => {
  const message = Buffer.from([...text(1, 'm'), ...text(2, '7')])
  expect(readModelName(message)).toEqual({ model: 'm', version: '7' })
  expect(readRepositoryModel(message)).toBe('7')
  expect(readHealthRequest(Buffer.alloc(0))).toBe('')
  expect(readIndexRequest(Buffer.from([0x10, 0x01]))).toEqual({ ready: true })
})

test.each([
  ['MODEL_UNKNOWN', 5],
  ['REQUEST_INVALID', 3],
  ['DEADLINE_EXCEEDED', 4],
  ['QUEUE_FULL', 14],
  ['BODY_TOO_LARGE', 8],
  ['UNAUTHENTICATED', 16],
  ['FORBIDDEN', 7],
  ['ROUTE_UNKNOWN', 12],
  ['REQUEST_CANCELED', 1],
] as const)('%s is the status %i', (code, status) => {
  expect(grpcStatusOf(new InferenceError(code, { message: '' }))).toBe(status)
})

test('what is not ours is an internal error; an unknown status is unknown', () => {
  expect(grpcStatusOf(new Error('secret'))).toBe(13)
  expect(grpcStatusOfHttp(418)).toBe(2)
})
