import { expect, test } from 'vitest'
import { CHANGES } from '../../optimize/index.ts'
import { parseConfig } from '../index.ts'

const file = (optimize: string, variant = 'auto') =>
  [
    'model: { file: model.onnx, task: classification }',
    'evaluate: { data: test.npz, metrics: [accuracy] }',
    `optimize: ${optimize}`,
    `deploy: { production: { variant: ${variant} } }`,
  ].join('\n')

test('auto tries every change that there is, for the latency', () => {
  const { repository } = parseConfig(file('auto'))
  expect(repository?.optimize).toEqual({ tries: Object.keys(CHANGES), prefer: 'latency', gates: [] })
})

test('names that are none are told with the nearest, each at its place', () => {
  const { diagnostics } = parseConfig(file('{ try: [int8, fp16-weight] }', 'orignal'))
  expect(diagnostics.map(({ at, hint }) => [at.line, at.column, hint])).toEqual([
    [3, 25, "did you mean 'fp16-weights'?"],
    [4, 34, "did you mean 'original'?"],
  ])
})

test('what the gates of variants name is measured', () => {
  const { repository } = parseConfig(file('{ gates: [f1_macro >= 0.9] }'))
  expect(repository?.evaluate?.metrics).toEqual(['accuracy', 'f1_macro'])
  expect(repository?.gates).toEqual([])
})
