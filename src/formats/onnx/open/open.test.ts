import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OpenModel } from '../../ports.ts'
import { inputFromFile } from '../../tree/input.ts'
import { openOnnx } from './open.ts'

const FIXTURES = new URL('../../../../test/fixtures/onnx/', import.meta.url).pathname
const expected: Record<string, Record<string, { sha256: string; shape: number[] }>> = JSON.parse(
  readFileSync(`${FIXTURES}expected.json`, 'utf8'),
)

async function withModel<T>(file: string, use: (model: OpenModel) => Promise<T>): Promise<T> {
  const input = await inputFromFile(`${FIXTURES}${file}`)
  const model = await openOnnx(input)
  try {
    return await use(model)
  } finally {
    await model.close()
    await input.close()
  }
}

/** As make.py computes it: bytes, or texts each behind a NUL. */
async function digest(model: OpenModel, name: string, dtype: string): Promise<string> {
  const hash = createHash('sha256')
  if (dtype === 'string') for await (const text of model.readText!(name)) hash.update(`\0${text}`)
  else for await (const piece of model.readTensor(name)) hash.update(piece)
  return hash.digest('hex')
}

describe.each(Object.keys(expected))('%s', file => {
  test('lists its tensors, each with the values that onnx.numpy_helper gives', async () => {
    await withModel(file, async model => {
      const found: Record<string, unknown> = {}
      for (const { name, dtype, shape } of model.file.tensors)
        found[name] = { shape, sha256: await digest(model, name, dtype) }
      const wanted = Object.entries(expected[file]!).map(([name, { shape, sha256 }]) => [
        name,
        { shape, sha256 },
      ])
      expect(found).toEqual(Object.fromEntries(wanted))
    })
  })

  test('is described in plain JSON', async () => {
    await withModel(file, async model => {
      expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    })
  })
})

test('every type of onnx 1.23.2 has a name and a size', async () => {
  await withModel('dtypes.onnx', async ({ file }) => {
    expect(new Set(file.tensors.map(({ dtype }) => dtype)).size).toBe(28)
    expect(file.tensors.filter(({ bytes, dtype }) => (bytes === undefined) !== (dtype === 'string'))).toEqual(
      [],
    )
    expect(file.tensors.find(({ name }) => name === 'typed/float6e3m2')).toMatchObject({
      dtype: 'float6e3m2',
      bytes: 12,
      stored: ['typed fields'],
    })
  })
})

test('tensors of subgraphs, functions, attributes and training graphs stand under their paths', async () => {
  await withModel('scopes.onnx', async ({ file }) => {
    expect(file.tensors.map(({ name, role }) => [name, role])).toEqual([
      ['weight', 'parameter'],
      ['holes', 'parameter'],
      ['holes.indices', 'data'],
      ['all.tensor', 'constant'],
      ['loop/body::weight', 'parameter'],
      ['loop/body/if/then_branch::weight', 'parameter'],
      ['own::Twice::two.value', 'constant'],
      ['training 0/initialization::zero', 'optimizer'],
      ['training 0/algorithm::momentum', 'optimizer'],
    ])
    expect(file.parameters).toBe(16 + 2 + 20 + 16 + 16 + 20)
  })
})

test('graphs are described with their nodes, attributes and metadata', async () => {
  await withModel('scopes.onnx', async ({ file }) => {
    const { graph, signature, metadata } = file
    expect(graph!.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['loop', 'Loop'],
      ['all', 'Custom'],
      ['call', 'Twice'],
    ])
    expect(graph!.nodes[0]).toMatchObject({
      attributes: { body: { graph: 'loop/body' } },
      metadata: [{ key: 'device_configuration', value: 'two chips' }],
    })
    expect(graph!.nodes[1]).toMatchObject({
      domain: 'custom',
      attributes: {
        i: -3,
        f: 0.5,
        s: 'text',
        strings: ['a', 'b'],
        floats: [Math.fround(0.1), 'NaN', 'Infinity'],
        ints: { count: 20, first: Array.from({ length: 16 }, (_, i) => i) },
        long: { bytes: 2000 },
        bytes: { bytes: 2 },
        small: { dtype: 'int64', shape: [2], values: [1, 2] },
        tensor: { dtype: 'float32', shape: [20] },
      },
      metadata: [{ key: 'note', value: 'of a node' }],
    })
    expect(graph!.subgraphs.map(({ name, inputs, outputs }) => [name, inputs, outputs])).toEqual([
      ['loop/body', ['i', 'go', 'state'], ['go_on', 'w']],
      ['loop/body/if/else_branch', [], ['z2']],
      ['loop/body/if/then_branch', [], ['z']],
      ['own::Twice', ['a'], ['b']],
      ['training 0/initialization', [], []],
      ['training 0/algorithm', [], []],
    ])
    expect(graph!.values).toEqual([{ name: 'w', kind: 'tensor', dtype: 'float32', shape: ['N', null] }])
    expect(signature!.inputs.map(({ name, kind }) => [name, kind])).toEqual([
      ['x', 'tensor'],
      ['n', 'tensor'],
      ['go', 'tensor'],
      ['list', 'sequence'],
    ])
    expect(metadata).toEqual(
      expect.arrayContaining([
        { key: 'note', value: 'of the model' },
        { key: 'graph.note', value: 'of the graph' },
        { key: 'value x.note', value: 'of a value' },
        { key: 'opset ai.onnx', value: '21' },
        { key: 'quantization w', value: '[["SCALE_TENSOR","weight"]]' },
        { key: 'device_configuration two chips', value: '2 devices' },
      ]),
    )
  })
})

test('external data counts to the size, and is listed as a file of the model', async () => {
  await withModel('external/model.onnx', async ({ file }) => {
    expect(file.files).toEqual([
      { path: 'model.onnx', size: 538 },
      { path: 'weights.data', size: 4160 },
    ])
    expect(file.size).toBe(4698)
    expect(file.tensors.every(({ stored }) => stored?.includes('external'))).toBe(true)
  })
})

test('a tensor that is not there is told with the nearest names', async () => {
  await withModel('scopes.onnx', async model => {
    await expect(model.readTensor('weigth').next()).rejects.toMatchObject({
      code: 'TENSOR_MISSING',
      hint: expect.stringContaining('weight'),
    })
  })
})
