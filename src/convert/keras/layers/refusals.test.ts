import { expect, test } from 'vitest'
import { type CalledLayer, callLayer } from '../../../../test/fixtures/convert/keras-sequence/calls.ts'

const SEQUENCE = { dtype: 'float32', shape: ['N', 'T', 3] } as const
const TEXTS = { dtype: 'string', shape: ['N', 1] } as const
const lstm = (config: CalledLayer['config']): CalledLayer => ({
  className: 'LSTM',
  config: { units: 2, ...config },
  inputs: [SEQUENCE],
  weights: { kernel: [3, 8], recurrent_kernel: [2, 8], bias: [8] },
})
const words = (className: string, config: CalledLayer['config']): CalledLayer => ({
  className,
  config: { vocabulary: ['a'], ...config },
  inputs: [TEXTS],
})

test.each([
  { layer: lstm({ stateful: true }), why: 'stateful' },
  { layer: lstm({ time_major: true }), why: 'time_major' },
  { layer: lstm({ activation: 'my_function' }), why: 'my_function' },
  {
    layer: { ...lstm({}), className: 'RNN', config: { cell: { class_name: 'MyCell', config: {} } } },
    why: 'the cell MyCell',
  },
  { layer: words('StringLookup', { num_oov_indices: 2 }), why: 'hash' },
  { layer: words('Hashing', { num_bins: 3 }), why: 'hash' },
  { layer: words('TextVectorization', { standardize: { class_name: 'function' } }), why: 'of your own' },
  { layer: words('TextVectorization', { split: { class_name: 'function' } }), why: 'of your own' },
  { layer: words('TextVectorization', { ragged: true }), why: 'ragged' },
  { layer: words('TextVectorization', { encoding: 'latin-1' }), why: 'UTF-8' },
  { layer: words('TextVectorization', { vocabulary: '/tmp/words.txt' }), why: 'not in the archive' },
])('$layer.className is refused: $why', async ({ layer, why }) => {
  await expect(callLayer(layer)).rejects.toThrow(why)
})
