import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ResponseFrame } from '../../../frames/index.ts'
import { compare, contentOf } from './compare.ts'

function frame(body: string | Buffer, headers = ''): ResponseFrame {
  return { kind: 'response', id: 1, status: 200, headers, body: Buffer.from(body) }
}

const json = (value: unknown) => frame(JSON.stringify(value))
const tensor = (data: readonly unknown[], shape: readonly number[], version = '1') =>
  json({ model_name: 'm', model_version: version, outputs: [{ name: 'y', datatype: 'FP32', shape, data }] })

function binary(numbers: readonly number[], shape: readonly number[]): ResponseFrame {
  const bytes = Buffer.from(Float32Array.from(numbers).buffer)
  const head = Buffer.from(
    JSON.stringify({
      outputs: [{ name: 'y', datatype: 'FP32', shape, parameters: { binary_data_size: bytes.length } }],
    }),
  )
  return frame(Buffer.concat([head, bytes]), `inference-header-content-length: ${head.length}\n`)
}

test('answers of two versions that say the same are the same, whoever says it', () => {
  const [a, b] = [tensor([1, 2], [1, 2], '1'), tensor([1, 2], [1, 2], '22')]
  expect(a.body.equals(b.body)).toBe(false)
  expect(contentOf(a).equals(contentOf(b))).toBe(true)
  expect(contentOf(tensor([1, 3], [1, 2])).equals(contentOf(a))).toBe(false)
})

test('rows decide by their largest number', () => {
  expect(compare(tensor([0.1, 0.9, 0.8, 0.2], [2, 2]), tensor([0.4, 0.6, 0.7, 0.3], [2, 2]))).toEqual({
    agreed: true,
    largestDifference: expect.closeTo(0.3, 9),
  })
  expect(compare(tensor([0.1, 0.9, 0.8, 0.2], [2, 2]), tensor([0.1, 0.9, 0.2, 0.8], [2, 2]))).toMatchObject({
    agreed: false,
  })
})

test('binary tensors are compared with binary ones and with JSON', () => {
  const answer = binary([0.25, 0.5, 0.75, 0.5], [2, 2])
  expect(compare(answer, binary([0.25, 0.5, 1, 0.5], [2, 2]))).toEqual({
    agreed: true,
    largestDifference: 0.25,
  })
  expect(compare(answer, binary([0.5, 0.25, 0.75, 0.5], [2, 2]))).toMatchObject({ agreed: false })
  expect(compare(answer, tensor([0.25, 0.5, 0.75, 0.5], [2, 2]))).toEqual({
    agreed: true,
    largestDifference: 0,
  })
})

test('labels are compared as texts, numbers by how far they differ', () => {
  const labelled = (label: string, score: number) => json({ model: 'm', predictions: [{ label, score }] })
  expect(compare(labelled('cat', 0.75), labelled('cat', 0.5))).toEqual({
    agreed: true,
    largestDifference: 0.25,
  })
  expect(compare(labelled('cat', 0.75), labelled('dog', 0.75))).toMatchObject({ agreed: false })
  expect(compare(json({ predictions: [1] }), json({ predictions: [1, 2] }))).toMatchObject({ agreed: false })
})

test('classes are compared by what is decided: runners-up in another order are no disagreement', () => {
  const image = (label: string, index: number, ...others: readonly string[]) =>
    json({ model: 'm', label, index, score: 0.9, top: [label, ...others].map(name => ({ label: name })) })
  expect(compare(image('3', 3, '5', '8'), image('3', 3, '8', '5'))).toMatchObject({ agreed: true })
  expect(compare(image('3', 3, '5'), image('5', 5, '3'))).toMatchObject({ agreed: false })
  const rows = (label: string, ...top: readonly string[]) =>
    json({ labels: [label], classes: [{ label }], top })
  expect(compare(rows('odd', 'odd', 'even'), rows('odd', 'even', 'odd'))).toMatchObject({ agreed: true })
  expect(compare(rows('odd'), rows('even'))).toMatchObject({ agreed: false })
  // What has nothing but a list decides by it.
  expect(compare(json({ top: ['a', 'b'] }), json({ top: ['b', 'a'] }))).toMatchObject({ agreed: false })
})

test('a class without a name is its index', () => {
  const unnamed = (index: number) => json({ index, score: 0.9, top: [{ index }] })
  expect(compare(unnamed(3), unnamed(3))).toEqual({ agreed: true, largestDifference: 0 })
  expect(compare(unnamed(3), unnamed(5))).toMatchObject({ agreed: false })
})

test('what lies about its form is not looked into, and pollutes nothing', () => {
  const lying = frame('{"outputs":[]}', 'inference-header-content-length: 999\n')
  expect(compare(lying, lying)).toBeUndefined()
  expect(compare(frame('no json'), frame('no json'))).toBeUndefined()
  expect(compare(frame(Buffer.alloc(300 * 1024)), json({}))).toBeUndefined()
  expect(compare(frame('{"__proto__":{"polluted":1}}'), json({ a: 1 }))).toMatchObject({ agreed: false })
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
  expect(compare(frame(deep), frame(deep))).toMatchObject({ agreed: false })
  const lengths = json({ outputs: [{ datatype: 'FP32', parameters: { binary_data_size: 1e9 } }] })
  expect(compare(lengths, lengths)).toMatchObject({ agreed: true })
})

test('any answer agrees with itself, and comparing is the same both ways', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (a, b) => {
      const [left, right] = [frame(a), frame(b)]
      const self = compare(left, left)
      if (self !== undefined) expect(self).toEqual({ agreed: true, largestDifference: 0 })
      expect(compare(left, right) === undefined).toBe(compare(right, left) === undefined)
    }),
  )
})
