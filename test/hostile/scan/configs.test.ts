import { describe, expect, test } from 'vitest'
import { message, model, node, bytes as protobuf, tensor } from '../formats/onnx-bytes.ts'
import { zipOf } from '../formats/zip-bytes.ts'
import { scanBytes, scanFolder, told } from './world.ts'

const keras = (config: object): Uint8Array =>
  zipOf([
    { name: 'metadata.json', data: Buffer.from('{"keras_version": "3.8.0"}') },
    { name: 'config.json', data: Buffer.from(JSON.stringify(config)) },
    { name: 'model.weights.h5', data: new Uint8Array(0) },
  ])
const layer = (
  class_name: string,
  config: object,
  module = 'keras.layers',
  registered_name: string | null = null,
) => ({
  ...{ class_name, config, module, registered_name },
})
const sequential = (...layers: object[]) => layer('Sequential', { name: 'model', layers }, 'keras')

describe('Keras', () => {
  test('its own layers are safe', async () => {
    const dense = layer('Dense', { name: 'dense', units: 1, activation: 'relu' })
    expect(await scanBytes(keras(sequential(dense)), 'model.keras')).toMatchObject({
      verdict: 'safe',
      findings: [],
    })
  })

  const lambda = { class_name: '__lambda__', config: { code: '4wEAAAAAAAAA', defaults: null, closure: null } }
  const attacks: [string, object, string][] = [
    [
      'bytecode in a Lambda layer',
      sequential(layer('Lambda', { name: 'x', function: lambda })),
      'keras/bytecode unsafe',
    ],
    [
      'bytecode in a wrapped layer',
      sequential(layer('TimeDistributed', { layer: layer('Lambda', { function: lambda }) })),
      'keras/bytecode unsafe',
    ],
    [
      'bytecode of Keras 2',
      sequential(layer('Lambda', { function: ['4wEAAAAA', null, null], function_type: 'lambda' })),
      'keras/bytecode unsafe',
    ],
    ['a function of os', sequential(layer('function', {}, 'os', 'system')), 'keras/dangerous-object unsafe'],
    [
      'a class of subprocess (CVE-2025-1550)',
      sequential(layer('Popen', {}, 'subprocess')),
      'keras/dangerous-object unsafe',
    ],
    [
      'a class of a module of its own',
      sequential(layer('Model', {}, 'my_package')),
      'keras/unknown-object unknown',
    ],
    [
      'safe mode is switched off (CVE-2025-9906)',
      sequential(layer('function', {}, 'keras.config', 'enable_unsafe_deserialization')),
      'keras/dangerous-object unsafe',
    ],
    [
      'a vocabulary of the machine',
      sequential(layer('StringLookup', { vocabulary: '/etc/passwd' })),
      'keras/file unknown',
    ],
    [
      'a pickled PyTorch module',
      sequential(layer('TorchModuleWrapper', { module: 'gASV' })),
      'keras/dangerous-object unsafe',
    ],
    ['a SavedModel beside', sequential(layer('TFSMLayer', { filepath: '../other' })), 'keras/file unknown'],
  ]
  test.each(attacks)('%s', async (_, config, finding) => {
    const report = await scanBytes(keras(config), 'model.keras')
    expect(told(report)).toContain(finding)
    expect(report.verdict).not.toBe('safe')
  })

  test('the same in a configuration alone', async () => {
    const report = await scanBytes(
      JSON.stringify(sequential(layer('Lambda', { function: lambda }))),
      'model.json',
    )
    expect(report.verdict).toBe('unsafe')
  })
})

describe('configurations that ask for code', () => {
  test.each<[string, string, object, string]>([
    [
      'auto_map',
      'config.json',
      { auto_map: { AutoModel: 'modeling_x.Model' } },
      'config/remote-code unknown',
    ],
    ['trust_remote_code', 'config.json', { trust_remote_code: true }, 'config/remote-code unknown'],
    [
      'a hydra target',
      'config.json',
      { model: { _target_: 'os.system', _args_: ['id'] } },
      'config/remote-code unsafe',
    ],
    [
      'a module of sentence-transformers',
      'modules.json',
      [{ idx: 0, name: '0', path: '', type: 'os.system' }] as object,
      'config/remote-code unsafe',
    ],
    [
      'a custom pipeline',
      'config.json',
      { custom_pipelines: { x: { impl: 'x.Pipe' } } },
      'config/remote-code unknown',
    ],
  ])('%s', async (_, name, config, finding) => {
    expect(told(await scanBytes(JSON.stringify(config), name))).toContain(finding)
  })

  test('a YAML file that calls Python', async () => {
    const report = await scanBytes('model:\n  !!python/object/apply:os.system ["id"]\n', 'config.yaml')
    expect(told(report)).toEqual(['config/python-tag unsafe'])
  })

  test('an ordinary configuration is safe', async () => {
    const files = {
      'config.json': '{"architectures": ["BertModel"], "hidden_size": 768, "model_type": "bert"}',
      'modules.json':
        '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]',
      'train.yaml': 'lr: 0.1\nmodel: bert\n',
    }
    expect(await scanFolder(files)).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test('JSON nested without end is told', async () => {
    const report = await scanBytes('['.repeat(500_000), 'config.json')
    expect(report.verdict).toBe('unknown')
    expect(told(report)).toContain('content/limit unknown')
  })

  test('keys of JavaScript’s own do nothing', async () => {
    const report = await scanBytes('{"__proto__": {"x": 1}, "constructor": {"prototype": 1}}', 'config.json')
    expect(report.verdict).toBe('safe')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('ONNX', () => {
  test('an ordinary model is safe', async () => {
    expect(await scanBytes(model(), 'model.onnx')).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test.each([
    [
      'data outside the folder',
      model({
        graph: [
          message(1, node('Add')),
          message(5, tensor({ name: 'w', external: { location: '../../etc/passwd' } })),
        ],
      }),
      'onnx/external-path unsafe',
    ],
    [
      'a Python operator',
      model({ graph: [message(1, node('PyOp', protobuf(7, 'ai.onnx.contrib')))] }),
      'onnx/python-op unsafe',
    ],
    [
      'an operator of its own',
      model({ graph: [message(1, node('Mine', protobuf(7, 'my.domain')))] }),
      'onnx/custom-op unknown',
    ],
  ])('%s', async (_, content, finding) => {
    expect(told(await scanBytes(content, 'model.onnx'))).toContain(finding)
  })

  test('raw weights beside a model belong to it', async () => {
    const graph = [
      message(1, node('Add')),
      message(5, tensor({ name: 'w', external: { location: 'model.data', length: '8' } })),
    ]
    const files = {
      'm/model.onnx': model({ graph }),
      'm/model.data': Uint8Array.of(1, 2, 3, 0xff, 0, 6, 7, 8),
    }
    expect((await scanFolder(files)).verdict).toBe('safe')
    expect((await scanFolder({ 'm/model.data': files['m/model.data'] })).verdict).toBe('unknown')
  })

  test('a broken model is unreadable', async () => {
    const report = await scanBytes(model().subarray(0, 60), 'model.onnx')
    expect(report).toMatchObject({ verdict: 'unknown', counts: { unreadable: 1 } })
  })
})

test('a safetensors file with a lying header is told', async () => {
  const header =
    '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}'
  const length = Buffer.alloc(8)
  length.writeUInt32LE(header.length)
  const report = await scanBytes(
    Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]),
    'model.safetensors',
  )
  expect(told(report)).toEqual(['safetensors/header unknown'])
})
