import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../core/index.ts'
import { toPrediction } from './prediction.ts'
import { scoresOf } from './scores.ts'

const row = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [1, values.length],
  data: Float32Array.from(values),
})
const animals = { task: 'classification', labels: ['cat', 'dog', 'fish'] } as const

describe('classes', () => {
  test('logits go through a softmax', () => {
    const found = toPrediction(row(0, Math.log(3), 0), animals)
    expect(found).toMatchObject({
      kind: 'class',
      label: 'dog',
      index: 1,
      top: [{ label: 'dog' }, { label: 'cat' }, { label: 'fish' }],
    })
    expect(found.kind === 'class' && found.score).toBeCloseTo(0.6, 6)
  })

  test('probabilities stay as they are', () => {
    const found = toPrediction(row(0.25, 0.25, 0.5), animals)
    expect(found).toMatchObject({
      label: 'fish',
      score: 0.5,
      top: [{ score: 0.5 }, { label: 'cat', score: 0.25 }, { label: 'dog' }],
    })
  })

  test.each([
    [[0.2, 0.2, 0.2], 1 / 3],
    [[0.5, 0.5, 0.5], 1 / 3],
    [[2, -0.5, -0.5], undefined],
  ])('%j are logits, although each or their sum looks like probability', (values, first) => {
    const scores = scoresOf(row(...values))!
    expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    if (first !== undefined) expect(scores[0]).toBeCloseTo(first, 6)
    else expect(scores[0]).toBeLessThan(1)
  })

  test('huge logits do not overflow, and −∞ is an impossible class', () => {
    expect(Array.from(scoresOf(row(1e30, 0, Number.NEGATIVE_INFINITY))!)).toEqual([1, 0, 0])
  })

  test('scores sum to one and keep the order of the logits', () => {
    const logits = fc.array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(logits, values => {
        const scores = scoresOf(row(...values))!
        expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 2)
        const found = toPrediction(row(...values), { task: 'classification', labels: [] })
        expect(found.kind === 'class' && values[found.index] === Math.max(...values)).toBe(true)
      }),
    )
  })

  test.each([
    [0.75, 'yes', 0.75],
    [0.25, 'no', 0.75],
    [-3, 'no', 1 / (1 + Math.exp(-3))],
  ])('one value %d is a sigmoid: %s', (value, label, score) => {
    const found = toPrediction(row(value), { task: 'classification', labels: ['no', 'yes'] })
    expect(found).toMatchObject({ kind: 'class', label })
    expect(found.kind === 'class' && found.score).toBeCloseTo(score, 6)
  })

  test('float16 scores are read from their bits', () => {
    const data = new Uint16Array(Float16Array.of(0.25, 0.5, 0.25).buffer)
    expect(toPrediction({ dtype: 'float16', shape: [1, 3], data }, animals)).toMatchObject({
      label: 'dog',
      score: 0.5,
    })
  })

  test('a model that names the class gives no score', () => {
    const index: Tensor = { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n) }
    expect(toPrediction(index, animals)).toEqual({ kind: 'class', label: 'fish', index: 2, top: [] })
    const name: Tensor = { dtype: 'string', shape: [1], data: ['dog'] }
    expect(toPrediction(name, animals)).toEqual({ kind: 'class', label: 'dog', index: 1, top: [] })
  })

  test('five classes at most are listed, equal ones by their index', () => {
    const found = toPrediction(row(...Array.from({ length: 8 }, () => 0.125)), {
      task: 'classification',
      labels: [],
    })
    expect(found.kind === 'class' && found.top.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
  })
})

test('regression gives values, generic the tensor', () => {
  expect(toPrediction(row(1.5, -2), { task: 'regression', labels: [] })).toEqual({
    kind: 'values',
    values: [1.5, -2],
  })
  expect(toPrediction(row(1), { task: 'generic', labels: [] })).toEqual({ kind: 'tensor', tensor: row(1) })
})

test.each([
  ['NaN', row(1, Number.NaN, 0), /holds NaN/],
  ['infinity', row(1, Number.POSITIVE_INFINITY, 0), /holds Infinity/],
  ['nothing', row(), /empty/],
  ['another number of scores than labels', row(1, 2), /2 scores, and there are 3 labels/],
])('%s is no answer', (_, tensor, message) => {
  expect(() => toPrediction(tensor, animals)).toThrow(
    expect.objectContaining({ code: 'OUTPUT_INVALID', message: expect.stringMatching(message) }),
  )
})

describe('as model.answer says', () => {
  const two = { task: 'classification', labels: ['no', 'yes'] } as const
  const many = {
    task: 'classification',
    labels: ['cat', 'dog', 'fish'],
    answer: { classes: 'many' },
  } as const

  test('scores go through what is named, whatever they look like', () => {
    expect(Array.from(scoresOf(row(0.2, 0.8), { scores: 'softmax' })!)[1]).toBeCloseTo(
      1 / (1 + Math.exp(-0.6)),
      6,
    )
    expect(Array.from(scoresOf(row(2), { scores: 'none' })!)).toEqual([-1, 2])
    expect(scoresOf(row(0.5), { scores: 'sigmoid' })![1]).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 6)
    expect(Array.from(scoresOf(row(3, -1), { scores: 'none' })!)).toEqual([3, -1])
  })

  test('the second of two classes counts from its threshold', () => {
    const answer = { threshold: 0.2 }
    expect(toPrediction(row(0.75, 0.25), { ...two, answer })).toMatchObject({ label: 'yes', score: 0.25 })
    expect(toPrediction(row(0.25), { ...two, answer })).toMatchObject({ label: 'yes' })
    expect(toPrediction(row(0.9, 0.1), { ...two, answer })).toMatchObject({ label: 'no' })
    expect(() => toPrediction(row(0.5, 0.3, 0.2), { ...animals, answer })).toThrow(/between two classes/)
  })

  test('of many classes, all that reach the threshold are told, best first', () => {
    expect(toPrediction(row(0.5, 0.1, 0.9), many)).toMatchObject({
      kind: 'classes',
      classes: [
        { label: 'fish', index: 2 },
        { label: 'cat', index: 0, score: 0.5 },
      ],
      top: [{ label: 'fish' }, { label: 'cat' }, { label: 'dog' }],
    })
    expect(() => toPrediction(row(3, 0, 0), many)).toThrow(/no probability of a class/)
    const logits = { ...many, answer: { classes: 'many', scores: 'sigmoid', threshold: 0.9 } } as const
    expect(toPrediction(row(3, 0, -1), logits)).toMatchObject({ classes: [{ label: 'cat' }] })
  })

  test('as many of the best classes as wanted', () => {
    const found = toPrediction(row(0.5, 0.3, 0.2), { ...animals, answer: { topK: 2 } })
    expect(found).toMatchObject({ top: [{ label: 'cat' }, { label: 'dog' }] })
    expect(found.kind === 'class' && found.top).toHaveLength(2)
  })

  test('values have names', () => {
    const config = { task: 'regression', labels: [], answer: { names: ['price', 'area'] } } as const
    expect(toPrediction(row(1.5, -2), config)).toEqual({
      kind: 'values',
      values: [1.5, -2],
      names: ['price', 'area'],
    })
    expect(() => toPrediction(row(1), config)).toThrow(/1 values, and there are 2 names/)
  })
})
