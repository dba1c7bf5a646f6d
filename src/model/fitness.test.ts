import { expect, test } from 'vitest'
import { checkConfig } from './fitness.ts'
import type { ModelConfig, ModelSignature } from './types.ts'

const signature: ModelSignature = {
  inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }],
  outputs: [{ name: 'scores', dtype: 'float32', shape: ['N', 3] }],
}
const config: ModelConfig = { name: 'm', task: 'classification', labels: [], preprocess: [] }
const float = (name: string) => ({ name, type: 'float' }) as const

test('columns that fill the inputs, and outputs that are there', () => {
  checkConfig(signature, config)
  checkConfig(signature, { ...config, columns: [float('a'), float('b')], answer: { outputs: ['scores'] } })
})

test.each([
  [{ columns: [float('a')] }, 'COLUMNS_INVALID', /make 1 element a row/],
  [{ answer: { outputs: ['score'] } }, 'PORT_UNKNOWN', /no output 'score'; it has scores/],
])('%j does not fit', (more, code, message) => {
  expect(() => checkConfig(signature, { ...config, ...more })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  )
})
