import { expect, test } from 'vitest'
import { spec } from '../../../../test/fixtures/inference/served-model.ts'
import type { Tensor } from '../../../core/index.ts'
import { answered, floats, read, served, X, Y } from './testing.ts'

test('examples are answered with labels and scores, or with values', async () => {
  const examples = { examples: [{ x: [1, 2] }, { x: [3, 4] }] }
  const classes = served([X], [Y], { task: 'classification', labels: ['no', 'yes'] })
  expect(await answered(examples, classes, { y: floats([2, 2], 0.25, 0.75, 1, 0) })).toEqual({
    results: [
      [
        ['no', 0.25],
        ['yes', 0.75],
      ],
      [
        ['no', 1],
        ['yes', 0],
      ],
    ],
  })
  const values = served([X], [Y], { task: 'regression' })
  expect(await answered(examples, values, { y: floats([2, 1], 3.5, 4) })).toEqual({ results: [3.5, 4] })
})

test('examples are answered by the rule for scores, with the label of a class that the model names', async () => {
  const one = { examples: [{ x: [1, 2] }] }
  const labels = ['no', 'yes']
  const each = served([X], [Y], {
    task: 'classification',
    labels,
    answer: { classes: 'many', scores: 'sigmoid' },
  })
  expect(await answered(one, each, { y: floats([1, 2], 0, 0) })).toEqual({
    results: [
      [
        ['no', 0.5],
        ['yes', 0.5],
      ],
    ],
  })
  const named = served([X], [spec('y', 'int32', 'N')], { task: 'classification', labels })
  const y: Tensor = { dtype: 'int32', shape: [1], data: Int32Array.of(1) }
  expect(await answered(one, named, { y })).toEqual({ results: [[['yes', 1]]] })
})

test('values of which nobody said that they are classes are not told as such', async () => {
  const one = { examples: [{ x: [1, 2] }] }
  const values = served([X], [spec('y', 'float32', 'N', 4)], { task: 'generic' })
  await expect(read(one, values)).rejects.toThrow(/neither classes nor one value/)
  const value = served([X], [spec('y', 'float32', 'N', 1)], { task: 'generic' })
  expect(await answered(one, value, { y: floats([1, 1], 3.5) })).toEqual({ results: [3.5] })
})
