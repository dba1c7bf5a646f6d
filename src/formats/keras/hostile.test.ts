import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../test/fixtures/model-input.ts'
import { zipOf } from '../../../test/hostile/formats/zip-bytes.ts'
import { BallastError } from '../../core/index.ts'
import { openZip } from '../zip/archive.ts'
import { openHdf5OrKeras, openKeras, openKerasH5, openKerasShards, parseJson } from './index.ts'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/fixtures/keras/${name}`, import.meta.url))

/** The weights of a fixture under another config. */
async function withConfig(config: string): Promise<Uint8Array> {
  const { source } = await fixtureInput('keras', 'k3-sequential.keras')
  const weights = await (await openZip(source)).open('model.weights.h5')
  return zipOf([
    { name: 'metadata.json', data: Buffer.from('{"keras_version": "3.15.1"}') },
    { name: 'config.json', data: Buffer.from(config) },
    { name: 'model.weights.h5', data: Buffer.from(await weights.read(0, weights.size)) },
  ])
}
const open = async (config: string) => openKeras(memoryInput(await withConfig(config), 'm.keras'))
const sequential = (...layers: string[]): string =>
  `{"class_name": "Sequential", "config": {"name": "m", "layers": [${layers.join(',')}]}}`

describe('configs that are broken', () => {
  test.each([
    ['no JSON', '{"class_name": ', 'FORMAT_MALFORMED', /is no JSON/],
    ['brackets without end', '['.repeat(100_000), 'FORMAT_LIMIT', /nested over 256/],
    ['models within models', nest(40), 'FORMAT_LIMIT', /nested over 16/],
  ])('%s', async (_, config, code, message) => {
    await expect(open(config)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  function nest(depth: number): string {
    let inner = '{"class_name": "Dense", "config": {"name": "d"}}'
    for (let i = 0; i < depth; i++) inner = sequential(inner)
    return inner
  }
})

describe('configs that are odd', () => {
  test.each([
    ['nothing', 'null'],
    ['a list', '[1, 2]'],
    ['no layers', '{"class_name": "Mine", "config": {}}'],
    ['layers that are none', sequential('1', 'null', '[]', '{}')],
    [
      'names of JavaScript',
      sequential('{"class_name": "__proto__", "config": {"name": "__proto__", "__proto__": {"a": 1}}}'),
    ],
    [
      'calls of what is not there',
      '{"class_name": "Functional", "config": {"layers": [{"name": "a", "class_name": "Dense", "config": {}, "inbound_nodes": [[["b", 9007199254740991, 3, {}]]]}], "input_layers": [["x", 0, 0]], "output_layers": [["a", 77, 0]]}}',
    ],
    [
      'shapes of the wrong kind',
      sequential('{"class_name": "InputLayer", "config": {"batch_shape": [null, 1e400, "x"]}}'),
    ],
    [
      'constants of Python',
      sequential('{"class_name": "Dense", "config": {"units": NaN, "name": "a \\"NaN", "x": -Infinity}}'),
    ],
  ])('%s: described as far as it goes', async (_, config) => {
    const model = await open(config)
    expect(JSON.parse(JSON.stringify(model.file))).toMatchObject({ format: 'keras', framework: 'Keras' })
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  test('shared models that are called within each other cost no more than their text', async () => {
    let inner = '{"class_name": "Dense", "name": "l0", "config": {"units": 1}, "inbound_nodes": []}'
    const calls = Array.from({ length: 20 }, (_, i) => `[["x", ${i}, 0, {}]]`).join(',')
    for (let i = 1; i < 15; i++)
      inner = `{"class_name": "Functional", "name": "l${i}", "config": {"layers": [${inner}], "input_layers": [], "output_layers": [["l${i - 1}", 0, 0]]}, "inbound_nodes": [${calls}]}`
    const model = await open(inner)
    expect(model.file.graph!.subgraphs).toHaveLength(13)
  })

  test('NaN and infinities are kept as text, and text with them is left alone', () => {
    expect(parseJson('{"a": NaN, "b": [-Infinity, "NaN, Infinity"]}', { name: 'x' }, 'it')).toEqual({
      a: 'NaN',
      b: ['-Infinity', 'NaN, Infinity'],
    })
  })
})

describe('archives', () => {
  test.each([
    [
      'without a config',
      [{ name: 'model.weights.h5', data: Buffer.from('x') }],
      'FORMAT_MALFORMED',
      /no config\.json/,
    ],
    [
      'without weights',
      [{ name: 'config.json', data: Buffer.from('{}') }],
      'FORMAT_MALFORMED',
      /no model\.weights\.h5/,
    ],
    [
      'with weights of another kind',
      [
        { name: 'config.json', data: Buffer.from('{}') },
        { name: 'model.weights.npz', data: Buffer.from('x') },
      ],
      'FORMAT_UNSUPPORTED',
      /npz/,
    ],
    [
      'with weights that are none',
      [
        { name: 'config.json', data: Buffer.from('{}') },
        { name: 'model.weights.h5', data: Buffer.from('x') },
      ],
      'FORMAT_UNKNOWN',
      /no HDF5/,
    ],
  ])('%s', async (_, entries, code, message) => {
    await expect(openKeras(memoryInput(zipOf(entries), 'm.keras'))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

test('an HDF5 file of somebody else is read as such', async () => {
  const input = await fixtureInput('hdf5', 'dtypes-v108.h5')
  expect((await openHdf5OrKeras(input)).file.format).toBe('hdf5')
  await expect(openKerasH5(input)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
})

describe('shards', () => {
  const EXPECTED = JSON.parse(fixture('expected.json').toString())['k3-shards.weights.json']

  test('are read as one', async () => {
    const model = await openKerasShards(await fixtureInput('keras', 'k3-shards.weights.json'))
    expect(model.file.files.map(({ path }) => path)).toEqual(['k3-shards.weights.json', ...EXPECTED.files])
    const found: Record<string, unknown> = {}
    for (const { name, dtype, shape } of model.file.tensors)
      found[name] = { dtype, shape, sha256: (await digestOf(model, name)).sha256 }
    expect(found).toEqual(EXPECTED.datasets)
    await model.close()
  })

  test.each([
    ['elsewhere', { a: '../x.h5' }, 'FORMAT_PATH'],
    ['at a root', { a: ['/etc/x.h5'] }, 'FORMAT_PATH'],
    ['of no name', { a: [1] }, 'FORMAT_MALFORMED'],
    ['that are missing', { a: 'x.h5' }, 'FILE_UNREADABLE'],
    ['of which two have the same weights', { a: ['k1.h5', 'k2.h5'] }, 'FORMAT_MALFORMED'],
  ])('%s are refused', async (_, weight_map, code) => {
    const shard = fixture('k3-shards_00001.weights.h5')
    const input = memoryInput(Buffer.from(JSON.stringify({ weight_map })), 'm.weights.json', {
      'k1.h5': shard,
      'k2.h5': shard,
    })
    await expect(openKerasShards(input)).rejects.toMatchObject({ code })
  })
})

test.each([
  ['k2-sequential.h5', openHdf5OrKeras],
  ['k3-sequential.h5', openHdf5OrKeras],
  ['k3-sequential.weights.h5', openHdf5OrKeras],
  ['k3-sequential.keras', openKeras],
] as const)('%s with changed bytes is read or refused, never anything else', async (name, reader) => {
  for (const mutated of mutations(fixture(name), 100, 3)) {
    try {
      await readAll(reader, memoryInput(mutated, name))
    } catch (error) {
      expect(error).toBeInstanceOf(BallastError)
    }
  }
})
