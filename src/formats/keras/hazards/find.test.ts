import { describe, expect, test } from 'vitest'
import { fixtureInput } from '../../../../test/fixtures/model-input.ts'
import { openHdf5 } from '../../hdf5/index.ts'
import { openZip } from '../../zip/archive.ts'
import { readKerasConfig } from '../archive.ts'
import type { Json } from '../config/json.ts'
import { readKerasConfigs } from '../h5.ts'
import { type KerasHazard, kerasHazards } from './find.ts'

async function hazardsOf(file: string): Promise<readonly KerasHazard[]> {
  const { source } = await fixtureInput('keras', file)
  if (file.endsWith('.keras')) return kerasHazards(await readKerasConfig(await openZip(source), file))
  return [...(await readKerasConfigs(await openHdf5(source))).values()].flatMap(config => [
    ...kerasHazards(config),
  ])
}

test.each([
  'k2-functional.h5',
  'k2-functional.keras',
  'k2-sequential.h5',
  'k2-sequential.keras',
  'k3-functional.h5',
  'k3-functional.keras',
  'k3-sequential.h5',
  'k3-sequential.keras',
  'k3-lookup.keras',
  'k3-bfloat16.keras',
])('%s has none: all of it is Keras’ own', async file => {
  expect(await hazardsOf(file)).toEqual([])
})

test.each(['k2-dangerous.h5', 'k3-dangerous.keras'])(
  '%s: lambdas, a custom layer and a custom activation',
  async file => {
    const found = (await hazardsOf(file)).map(({ kind, layer }) => `${kind} in ${layer}`)
    expect(new Set(found)).toEqual(
      new Set([
        'lambda in dangerous/anonymous',
        'bytecode in dangerous/anonymous',
        'custom-object in dangerous/custom',
        'lambda in dangerous/wrapped/within',
        'bytecode in dangerous/wrapped/within',
        'custom-function in dangerous/dense',
      ]),
    )
  },
)

const layer = (class_name: string, config: Json = {}, more: Record<string, Json> = {}): Json => ({
  module: 'keras.layers',
  class_name,
  config,
  registered_name: null,
  ...more,
})
const model = (...layers: Json[]): Json => ({
  module: 'keras',
  class_name: 'Sequential',
  config: { name: 'net', layers },
  registered_name: null,
})

describe('what runs or loads something', () => {
  test.each<[string, Json, KerasHazard['kind'], RegExp]>([
    [
      'code in a loss',
      { loss: { class_name: '__lambda__', config: { value: 'AAAA' } } },
      'bytecode',
      /__lambda__/,
    ],
    ['code in a tuple', { class_name: '__tuple__', items: [layer('Lambda')] }, 'lambda', /Lambda/],
    [
      'a function type',
      { function: ['AA', null, null], function_type: 'lambda' },
      'bytecode',
      /2 characters/,
    ],
    [
      'an output shape',
      layer('Flatten', { output_shape_type: 'lambda', output_shape: ['A'] }),
      'bytecode',
      /output_shape/,
    ],
    [
      'a function of os',
      { class_name: 'function', module: 'os', config: 'system', registered_name: null },
      'custom-function',
      /os\.system/,
    ],
    [
      'a class of builtins',
      { class_name: 'eval', module: 'builtins', config: {} },
      'custom-object',
      /builtins\.eval/,
    ],
    [
      'get_file',
      { class_name: 'function', module: 'keras.utils', config: 'get_file', registered_name: 'function' },
      'custom-function',
      /get_file/,
    ],
    [
      'a switch of Keras',
      { class_name: 'enable_unsafe_deserialization', module: 'keras.config', config: {} },
      'custom-object',
      /enable_unsafe/,
    ],
    [
      'a class under a known name',
      layer('Dense', {}, { module: 'evil.layers' }),
      'custom-object',
      /evil\.layers\.Dense/,
    ],
    [
      'a module that begins like Keras',
      layer('Dense', {}, { module: 'keras_evil' }),
      'custom-object',
      /keras_evil/,
    ],
    [
      'a registered class',
      layer('Dense', {}, { registered_name: 'mine>Dense2' }),
      'custom-object',
      /registered as mine>Dense2/,
    ],
    ['an operation as a layer', layer('Abs'), 'custom-object', /Abs/],
    ['a map over a function', layer('Map', {}, { module: 'keras.src.ops.core' }), 'custom-object', /Map/],
    ['a SavedModel', layer('TFSMLayer', { filepath: '/tmp/x' }), 'saved-model', /\/tmp\/x/],
    ['a pickled module', layer('TorchModuleWrapper', { module: 'gASV' }), 'torch-module', /pickled/],
    ['a JAX function', layer('JaxLayer'), 'jax-function', /JaxLayer/],
    [
      'a TensorFlow symbol',
      layer('TFOpLambda', { function: 'io.write_file' }),
      'tensorflow-op',
      /io\.write_file/,
    ],
    ['a vocabulary file', layer('StringLookup', { vocabulary: '/etc/passwd' }), 'file', /\/etc\/passwd/],
    ['an address', layer('Dense', { anything: 'http://169.254.169.254/' }), 'file', /169\.254/],
    ['an unknown activation', layer('Dense', { activation: 'exfiltrate' }), 'custom-function', /exfiltrate/],
    ['an unknown loss of one output', { loss: { out: 'steal' } }, 'custom-function', /steal/],
    ['a type of a foreign module', { module: 'os', registered_name: 'x' }, 'custom-object', /os/],
    ['a name of JavaScript', layer('constructor'), 'custom-object', /constructor/],
  ])('%s', (_, config, kind, detail) => {
    const found = kerasHazards(model(layer('TimeDistributed', { name: 'around', layer: config })))
    expect(found).toContainEqual(expect.objectContaining({ kind, detail: expect.stringMatching(detail) }))
    expect(found[0]!.path).toMatch(/^config\.layers\[0\]\.config\.layer/)
    expect(found[0]!.layer).toMatch(/^net\/around/)
  })
})

test('only so many are told', () => {
  expect(kerasHazards(Array.from({ length: 5000 }, () => layer('Lambda')))).toHaveLength(1000)
})

test('Keras’ own functions and classes, however written, are none', () => {
  const own: Json[] = [
    layer('Dense', { activation: 'relu', vocabulary: ['a', 'b'] }),
    { class_name: 'function', module: 'builtins', config: 'relu', registered_name: 'function' },
    layer('Add', {}, { module: 'keras.src.ops.numpy' }),
    layer('TFOpLambda', { function: 'math.multiply' }),
    layer('Constant', {}, { module: 'tensorflow.python.ops.init_ops_v2' }),
    layer('Functional', {}, { module: 'keras.src.engine.functional', registered_name: 'Functional' }),
    { loss: ['mse', 'binary_crossentropy'], metrics: [['accuracy'], ['AUC']] },
    {
      class_name: '__keras_tensor__',
      config: { shape: [null], dtype: 'float32', keras_history: ['x', 0, 0] },
    },
  ]
  expect(kerasHazards(model(...own))).toEqual([])
})
