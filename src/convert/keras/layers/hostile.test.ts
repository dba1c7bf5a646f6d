import { describe, expect, test } from 'vitest'
import { type CalledLayer, callLayer } from '../../../../test/fixtures/convert/keras-sequence/calls.ts'
import { BallastError, type Json } from '../../../core/index.ts'
import { Refusal } from '../../refusals.ts'

const SEQUENCE = { dtype: 'float32', shape: ['N', 'T', 3] } as const
const PAIRS = { dtype: 'float32', shape: ['N', 'T', 2] } as const
const IDS = { dtype: 'int64', shape: ['N', 4] } as const
const TEXTS = { dtype: 'string', shape: ['N', 1] } as const
const IMAGES = { dtype: 'float32', shape: ['N', 'T', 5, 5, 2] } as const

const RNN = {
  activation: 'tanh',
  use_bias: true,
  return_sequences: true,
  return_state: true,
  go_backwards: false,
  stateful: false,
  time_major: false,
  zero_output_for_mask: false,
  unroll: false,
}
const LSTM = { ...RNN, units: 2, recurrent_activation: 'sigmoid' }
const LSTM_WEIGHTS = { kernel: [3, 8], recurrent_kernel: [2, 8], bias: [8] }
const cell = (units: number): Json => ({
  class_name: 'LSTMCell',
  config: { units, activation: 'tanh', recurrent_activation: 'sigmoid' },
})
const masked = [{ ...SEQUENCE, masked: true }]

const LAYERS: readonly CalledLayer[] = [
  { className: 'LSTM', config: LSTM, inputs: masked, weights: LSTM_WEIGHTS },
  {
    className: 'GRU',
    config: { ...LSTM, reset_after: true },
    inputs: masked,
    weights: { kernel: [3, 6], recurrent_kernel: [2, 6], bias: [2, 6] },
  },
  {
    className: 'SimpleRNN',
    config: { ...RNN, units: 2 },
    inputs: masked,
    weights: { kernel: [3, 2], recurrent_kernel: [2, 2], bias: [2] },
  },
  {
    className: 'RNN',
    config: {
      ...RNN,
      num_constants: 0,
      cell: { class_name: 'StackedRNNCells', config: { cells: [cell(2)], reverse_state_order: false } },
    },
    inputs: masked,
    weights: LSTM_WEIGHTS,
  },
  {
    className: 'Bidirectional',
    config: {
      merge_mode: 'sum',
      layer: { class_name: 'LSTM', config: LSTM },
      backward_layer: { class_name: 'LSTM', config: { ...LSTM, go_backwards: true } },
    },
    inputs: masked,
    weights: LSTM_WEIGHTS,
  },
  {
    className: 'ConvLSTM2D',
    config: {
      ...RNN,
      filters: 2,
      kernel_size: [3, 3],
      strides: [1, 1],
      dilation_rate: [1, 1],
      padding: 'same',
      data_format: 'channels_last',
      recurrent_activation: 'sigmoid',
    },
    inputs: [IMAGES],
    weights: { kernel: [3, 3, 2, 8], recurrent_kernel: [3, 3, 2, 8], bias: [8] },
  },
  {
    className: 'TimeDistributed',
    config: { layer: { class_name: 'Flatten', config: {} } },
    inputs: [IMAGES],
  },
  {
    className: 'Embedding',
    config: { mask_zero: true, quantization_config: null },
    inputs: [IDS],
    weights: { embeddings: [9, 2] },
  },
  { className: 'Masking', config: { mask_value: 0 }, inputs: [SEQUENCE] },
  {
    className: 'Attention',
    config: { use_scale: true, score_mode: 'concat', causal: false, dropout: 0 },
    inputs: [SEQUENCE, SEQUENCE],
    named: { use_causal_mask: true },
    weights: { scale: [], concat_score_weight: [] },
  },
  {
    className: 'AdditiveAttention',
    config: { use_scale: true },
    inputs: [SEQUENCE, SEQUENCE],
    weights: { scale: [3] },
  },
  {
    className: 'MultiHeadAttention',
    config: {
      num_heads: 1,
      key_dim: 2,
      dropout: 0,
      use_bias: false,
      use_gate: true,
      attention_axes: [1],
      sliding_window: 2,
    },
    inputs: [PAIRS, PAIRS],
    apart: true,
    weights: { kernel: [2, 1, 2] },
  },
  {
    className: 'GroupQueryAttention',
    config: {
      head_dim: 2,
      num_query_heads: 1,
      num_key_value_heads: 1,
      dropout: 0,
      use_bias: false,
      use_gate: false,
      sliding_window: 2,
    },
    inputs: [PAIRS, PAIRS],
    apart: true,
    weights: { kernel: [2, 1, 2] },
  },
  { className: 'Concatenate', config: { axis: -1 }, inputs: [...masked, SEQUENCE] },
  { className: 'Dot', config: { axes: [2, 2], normalize: true }, inputs: [SEQUENCE, SEQUENCE] },
  { className: 'Average', config: {}, inputs: [SEQUENCE, { ...SEQUENCE, dtype: 'int64' }] },
  {
    className: 'TextVectorization',
    config: {
      standardize: 'lower',
      split: 'whitespace',
      ngrams: [1, 2],
      output_mode: 'int',
      output_sequence_length: 3,
      vocabulary: ['a', 'b'],
      max_tokens: 9,
      pad_to_max_tokens: false,
      encoding: 'utf-8',
      ragged: false,
      sparse: false,
    },
    inputs: [TEXTS],
  },
  {
    className: 'TextVectorization',
    config: {
      output_mode: 'tf_idf',
      vocabulary: ['a', 'b'],
      idf_weights: [1, 2],
      max_tokens: 9,
      pad_to_max_tokens: true,
    },
    inputs: [TEXTS],
  },
  {
    className: 'StringLookup',
    config: {
      output_mode: 'one_hot',
      vocabulary: ['a', 'b'],
      invert: false,
      mask_token: 'm',
      oov_token: 'u',
      num_oov_indices: 1,
    },
    inputs: [TEXTS],
  },
  {
    className: 'IntegerLookup',
    config: {
      output_mode: 'multi_hot',
      vocabulary: [1, 2],
      invert: false,
      mask_token: 0,
      oov_token: -1,
      num_oov_indices: 2,
      oov_method: 'floormod',
    },
    inputs: [IDS],
  },
  { className: 'CategoryEncoding', config: { num_tokens: 4, output_mode: 'count' }, inputs: [IDS] },
  {
    className: 'Discretization',
    config: { bin_boundaries: [0, 1], output_mode: 'one_hot' },
    inputs: [SEQUENCE],
  },
]

const HOSTILE: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  'NaN',
  '__proto__',
  'constructor',
  '',
  [],
  [-1],
  [[0]],
  [null, 'x'],
  {},
  { class_name: 'constructor', config: { units: -1 } },
  { class_name: 'LSTM', config: null },
]

describe.each(LAYERS.map(layer => ({ layer, name: layer.className })))('$name', ({ layer }) => {
  test('takes any value of its config, or tells what is wrong with it', async () => {
    for (const key of Object.keys(layer.config))
      for (const value of [undefined, ...HOSTILE]) {
        const { [key]: _, ...rest } = layer.config
        await takesOrTells(
          { ...layer, config: value === undefined ? rest : { ...rest, [key]: value } },
          `${key}: ${JSON.stringify(value)}`,
        )
      }
  })

  test('takes weights of any shape, or tells what is wrong with them', async () => {
    for (const key of Object.keys(layer.weights ?? {}))
      for (const shape of [[], [0], [1], [3, 0], [2 ** 31, 2 ** 31], [1, 1, 1, 1, 1]])
        await takesOrTells({ ...layer, weights: { ...layer.weights, [key]: shape } }, `${key} ${shape}`)
  })

  test('takes tensors of any type and rank, or tells what is wrong with them', async () => {
    for (const dtype of ['float32', 'int32', 'string', 'bool'] as const)
      for (const shape of [[], ['N'], ['N', null], ['N', 3], ['N', 'T', 3], ['N', 2, 3, 4], undefined])
        await takesOrTells(
          { ...layer, inputs: layer.inputs.map(() => ({ dtype, ...(shape && { shape }) })) },
          `${dtype} ${shape}`,
        )
  })
})

async function takesOrTells(layer: CalledLayer, what: string): Promise<void> {
  try {
    await callLayer(layer)
  } catch (error) {
    expect(error instanceof Refusal || error instanceof BallastError, `${what}: ${error}`).toBe(true)
  }
}

test('these layers convert as they are', async () => {
  for (const layer of LAYERS) await expect(callLayer(layer), layer.className).resolves.toBeDefined()
})

test('a vocabulary is read as Python reads lines', async () => {
  const layer = { className: 'IntegerLookup', config: { output_mode: 'one_hot' }, inputs: [IDS] }
  const [output] = await callLayer({ ...layer, vocabulary: '-1\n5\r\n7\r9223372036854775807\n\n' })
  expect(output!.shape).toEqual(['N', 4, 4])
  await expect(callLayer({ ...layer, vocabulary: '5\nfive' })).rejects.toThrow('vocabulary')
  await expect(callLayer(layer)).rejects.toThrow('not in the file')
})
