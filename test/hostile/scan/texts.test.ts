import { describe, expect, test } from 'vitest'
import { zipOf } from '../formats/zip-bytes.ts'
import { scanBytes, told } from './world.ts'

const lambda = { class_name: '__lambda__', config: { code: '4wEAAAAAAAAA', defaults: null, closure: null } }
const config = JSON.stringify({
  class_name: 'Sequential',
  module: 'keras',
  config: { layers: [{ class_name: 'Lambda', module: 'keras.layers', config: { function: lambda } }] },
})
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const utf32le = (text: string): Buffer =>
  Buffer.concat(
    Array.from(text, character => {
      const unit = Buffer.alloc(4)
      unit.writeUInt32LE(character.codePointAt(0)!)
      return unit
    }),
  )

describe('a configuration is read in every encoding that Python reads', () => {
  const encoded: [string, Uint8Array][] = [
    ['UTF-8 with a mark', Buffer.from(`\ufeff${config}`)],
    ['UTF-16', Buffer.from(`\ufeff${config}`, 'utf16le')],
    ['UTF-16, big-endian', utf16be(`\ufeff${config}`)],
    ['behind 70,000 line ends', Buffer.from('\n'.repeat(70_000) + config)],
    ['with escapes', Buffer.from(config.replaceAll('Lambda', '\\u004cambda'))],
  ]
  test.each(encoded)('%s', async (_, content) => {
    const archive = zipOf([
      { name: 'config.json', data: content },
      { name: 'model.weights.h5', data: new Uint8Array(0) },
    ])
    expect(told(await scanBytes(archive, 'model.keras'))).toContain('keras/bytecode unsafe')
  })

  test.each([
    ['UTF-16 without a mark', Buffer.from(config, 'utf16le')],
    ['UTF-32', utf32le(`\ufeff${config}`)],
  ])('%s is not safe', async (_, content) => {
    expect((await scanBytes(content, 'config.json')).verdict).not.toBe('safe')
  })
})

describe('YAML', () => {
  test.each([
    ['%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.system ["id"]', 'config/python-tag unsafe'],
    ['a: !<tag:yaml.org,2002:python/object/apply:os.system> ["id"]', 'config/python-tag unsafe'],
    ['a: !!python%2Fobject/apply:os.system [id]', 'config/python-tag unsafe'],
    ['model:\n  _target_: os.system\n', 'config/import unsafe'],
    ['model: {_target_: subprocess.Popen, args: [id]}', 'config/import unsafe'],
    ['model:\n  _target_: my_package.Model\n', 'config/import unknown'],
    ['flavors:\n  python_function:\n    loader_module: my_loader\n', 'config/import unknown'],
  ])('%s', async (content, finding) => {
    expect(told(await scanBytes(content, 'config.yaml'))).toContain(finding)
    expect(told(await scanBytes(content, 'MLmodel'))).toContain(finding)
  })

  test.each([
    'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n',
    'lr: 0.1\ntarget: os.system\n',
  ])('%s is safe', async content => {
    expect(await scanBytes(content, 'config.yaml')).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test('documentation may speak of tags', async () => {
    expect((await scanBytes('Never load `!!python/object/apply:os.system`.', 'README.md')).verdict).toBe(
      'safe',
    )
  })
})

describe('XML and graphs as text', () => {
  test.each([
    ['<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><PMML>&e;</PMML>', 'unsafe'],
    ['<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', 'unknown'],
    ['<?xml version="1.0"?><PMML version="4.4"></PMML>', 'safe'],
    ['saved_model_schema_version: 1\nmeta_graphs {\n graph_def { node { op: "WriteFile" } }\n}', 'unknown'],
    ['versions are listed below\nnode {', 'safe'],
  ])('%s: %s', async (content, verdict) => {
    expect((await scanBytes(content, 'model.xml')).verdict).toBe(verdict)
  })
})

describe('configurations that name what is imported', () => {
  test.each<[string, unknown, string]>([
    ['model_index.json', { _class_name: 'P', unet: ['os', 'system'] }, 'config/remote-code unsafe'],
    ['model_index.json', { _class_name: ['my_pipeline', 'P'] }, 'config/remote-code unknown'],
    [
      'adapter_config.json',
      { auto_mapping: { parent_library: 'os', base_model_class: 'system' } },
      'config/remote-code unsafe',
    ],
    ['adapter_config.json', { megatron_core: 'my_module' }, 'config/remote-code unknown'],
    [
      'schema.json',
      { __class__: 'call', __module__: '_operator', __loader__: 'OperatorFuncNode' },
      'config/remote-code unsafe',
    ],
    [
      'schema.json',
      { __class__: 'Model', __module__: 'my_package', __loader__: 'ObjectNode' },
      'config/remote-code unknown',
    ],
    [
      'model.safetensors.index.json',
      { weight_map: { a: '../../../etc/passwd' } },
      'config/outside-path unsafe',
    ],
    ['pytorch_model.bin.index.json', { weight_map: { a: '/tmp/evil.bin' } }, 'config/outside-path unsafe'],
  ])('%s: %j', async (name, value, finding) => {
    expect(told(await scanBytes(JSON.stringify(value), name))).toContain(finding)
  })

  test.each<[string, unknown]>([
    [
      'model_index.json',
      { _class_name: 'P', unet: ['diffusers', 'UNet2DConditionModel'], vae: [null, null] },
    ],
    ['model.safetensors.index.json', { weight_map: { a: 'model-00001-of-00002.safetensors' } }],
    [
      'schema.json',
      { __class__: 'Ridge', __module__: 'sklearn.linear_model._ridge', __loader__: 'ObjectNode' },
    ],
    [
      'adapter_config.json',
      {
        megatron_core: 'megatron.core',
        auto_mapping: { parent_library: 'transformers.models.bert', base_model_class: 'BertModel' },
      },
    ],
  ])('%s of the libraries is safe', async (name, value) => {
    expect(await scanBytes(JSON.stringify(value), name)).toMatchObject({ verdict: 'safe', findings: [] })
  })
})
