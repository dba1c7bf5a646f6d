import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  FOLDER,
  inputOf,
  readAll,
  type Told,
  toldOf,
  withModel,
} from '../../../../test/fixtures/tensorflow/world.ts'
import type { Reader } from '../../ports.ts'
import { openTfjsGraph, openTfjsLayers } from './open.ts'

type Weights = Record<string, Told & { scale?: number; min?: number }>
const EXPECTED: { graph: Weights; layers: Weights } = JSON.parse(
  readFileSync(join(FOLDER, 'tfjs/expected.json'), 'utf8'),
)

test.each([
  ['graph', openTfjsGraph],
  ['layers', openTfjsLayers],
] as const)("every weight of the %s model is tensorflowjs' own", async (name, reader) => {
  await withModel(join(FOLDER, 'tfjs', name, 'model.json'), reader, async model => {
    const found: Weights = {}
    for (const info of model.file.tensors) {
      const [scale] = info.quantization?.scale ?? []
      const [zeroPoint] = info.quantization?.zeroPoint ?? []
      const min =
        scale !== undefined && zeroPoint !== undefined ? expect.closeTo(-zeroPoint * scale, 6) : undefined
      found[info.name] = { ...(await toldOf(model, info)), ...(scale !== undefined && { scale, min }) }
    }
    expect(EXPECTED[name]).toEqual(found)
  })
})

test('a graph model is described', async () => {
  await withModel(join(FOLDER, 'tfjs/graph/model.json'), openTfjsGraph, async ({ file }) => {
    expect(file).toMatchObject({ format: 'tfjs-graph', framework: 'TensorFlow', parameters: 4 * 30 + 30 * 3 })
    expect(file.signature?.inputs).toEqual([
      { name: 'x', kind: 'tensor', dtype: 'float32', shape: [null, 4], tensor: 'x:0' },
    ])
    expect(file.graph?.operators.map(({ name }) => name)).toContain('Softmax')
    expect(file.files.map(({ path }) => path)).toEqual([
      'model.json',
      'group1-shard1of3.bin',
      'group1-shard2of3.bin',
      'group1-shard3of3.bin',
    ])
    expect(JSON.parse(JSON.stringify(file))).toEqual(file)
  })
})

test('a layers model is described', async () => {
  await withModel(join(FOLDER, 'tfjs/layers/model.json'), openTfjsLayers, async ({ file }) => {
    expect(file).toMatchObject({ format: 'tfjs-layers', framework: 'Keras', what: 'Functional net' })
    expect(file.graph?.kind).toBe('layers')
    expect(file.graph?.nodes).toMatchObject([
      { name: 'in', op: 'InputLayer' },
      { name: 'dense', op: 'Dense', inputs: ['in'], attributes: { units: 5, activation: 'relu' } },
    ])
    expect(file.signature?.inputs).toEqual([
      { name: 'in', kind: 'tensor', dtype: 'float32', shape: [null, 6] },
    ])
  })
})

describe('hostile models', () => {
  const weight = { name: 'w', shape: [2], dtype: 'float32' }
  const modelOf = (weightsManifest: unknown, modelTopology: unknown = { node: [] }) =>
    JSON.stringify({ format: 'graph-model', modelTopology, weightsManifest })

  test.each<[string, string, number, string, RegExp]>([
    ['no JSON', '{"modelTopology": ', 8, 'FORMAT_MALFORMED', /expected a value/],
    ['another JSON', '{"a": 1}', 8, 'FORMAT_MALFORMED', /no modelTopology/],
    [
      'too few bytes',
      modelOf([{ paths: ['w.bin'], weights: [weight] }]),
      7,
      'FORMAT_TRUNCATED',
      /needs 8 bytes/,
    ],
    ['too many bytes', modelOf([{ paths: ['w.bin'], weights: [weight] }]), 9, 'FORMAT_MALFORMED', /9 bytes/],
    ['a way out', modelOf([{ paths: ['../w.bin'], weights: [weight] }]), 8, 'FORMAT_PATH', /outside/],
    [
      'a way out on Windows',
      modelOf([{ paths: ['a\\..\\..\\w'], weights: [] }]),
      8,
      'FORMAT_PATH',
      /outside/,
    ],
    ['an absolute path', modelOf([{ paths: ['/etc/passwd'], weights: [] }]), 8, 'FORMAT_PATH', /outside/],
    ['a URL', modelOf([{ paths: ['http://evil/w'], weights: [] }]), 8, 'FORMAT_PATH', /outside/],
    [
      'a name twice',
      modelOf([{ paths: ['w.bin'], weights: [weight, weight] }]),
      16,
      'FORMAT_MALFORMED',
      /twice/,
    ],
    [
      'a negative size',
      modelOf([{ paths: ['w.bin'], weights: [{ ...weight, shape: [-1] }] }]),
      8,
      'FORMAT_MALFORMED',
      /impossible/,
    ],
    [
      'a shape beyond any file',
      modelOf([{ paths: ['w.bin'], weights: [{ ...weight, shape: [2 ** 40, 2 ** 40] }] }]),
      8,
      'FORMAT_MALFORMED',
      /beyond any file/,
    ],
    [
      'an unknown type',
      modelOf([{ paths: ['w.bin'], weights: [{ ...weight, dtype: '__proto__' }] }]),
      8,
      'FORMAT_UNSUPPORTED',
      /__proto__/,
    ],
    [
      'a quantization without a scale',
      modelOf([{ paths: ['w.bin'], weights: [{ ...weight, quantization: { dtype: 'uint8', min: 1 } }] }]),
      2,
      'FORMAT_MALFORMED',
      /no scale/,
    ],
    [
      'text that is cut off',
      modelOf([{ paths: ['w.bin'], weights: [{ name: 't', shape: [2], dtype: 'string' }] }]),
      7,
      'FORMAT_TRUNCATED',
      /text|bytes/,
    ],
    ['deep nesting', `{"modelTopology": ${'['.repeat(1000)}${']'.repeat(1000)}}`, 8, 'FORMAT_LIMIT', /deep/],
  ])('%s', async (_, json, bytes, code, message) => {
    const files = new Map([
      ['model.json', Buffer.from(json)],
      ['w.bin', Buffer.alloc(bytes)],
    ])
    await expect(inputOf(files, 'model.json').then(openTfjsGraph)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('a missing file of weights', async () => {
    const files = new Map([['model.json', Buffer.from(modelOf([{ paths: ['w.bin'], weights: [weight] }]))]])
    await expect(inputOf(files, 'model.json').then(openTfjsGraph)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })

  test.each<[string, Reader]>([
    ['graph', openTfjsGraph],
    ['layers', openTfjsLayers],
  ])('strange values anywhere in a %s model are described or refused', async (name, reader) => {
    const folder = join(FOLDER, 'tfjs', name)
    const whole = readFileSync(join(folder, 'model.json'), 'utf8')
    const shards = new Map(
      ['group1-shard1of3', 'group1-shard2of3', 'group1-shard3of3', 'group1-shard1of2', 'group1-shard2of2']
        .concat(['group2-shard1of2', 'group2-shard2of2'])
        .map(file => `${file}.bin`)
        .filter(file => readable(join(folder, file)))
        .map(file => [file, readFileSync(join(folder, file))]),
    )
    const values = Array.from(whole.matchAll(/"[^"]*"(?!\s*:)|-?\d+(\.\d+)?/g))
    for (const [i, match] of values.entries()) {
      const strange = ['null', '{}', '[[]]', '-1', '1e400', '"__proto__"', '9007199254740993'][i % 7]!
      const json = whole.slice(0, match.index) + strange + whole.slice(match.index + match[0].length)
      try {
        const model = await reader(
          await inputOf(new Map([...shards, ['model.json', Buffer.from(json)]]), 'model.json'),
        )
        await readAll(model)
        JSON.stringify(model.file)
        await model.close()
      } catch (error) {
        expect(error).toMatchObject({ name: expect.stringMatching(/^(FormatsError|CoreError)$/) })
      }
    }
  })
})

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0
  } catch {
    return false
  }
}
