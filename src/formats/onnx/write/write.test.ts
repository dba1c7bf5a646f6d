import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import type { ByteSink, ModelInput, OpenModel } from '../../ports.ts'
import { memoryTree } from '../../tree/memory.ts'
import { openOnnx } from '../open/open.ts'
import { rewriteOnnx } from './rewrite.ts'
import type { OnnxExternalSink, OnnxModel, OnnxTensor } from './types.ts'
import { writeOnnx } from './write.ts'

const FIXTURES = new URL('../../../../test/fixtures/onnx/', import.meta.url).pathname

/** A sink in memory. */
function collecting(): ByteSink & { bytes(): Uint8Array } {
  const pieces: Uint8Array[] = []
  return {
    async write(bytes) {
      pieces.push(bytes)
    },
    bytes: () => new Uint8Array(Buffer.concat(pieces)),
  }
}

function inputOf(files: Record<string, Uint8Array>): ModelInput {
  const [path, bytes] = Object.entries(files)[0]!
  const tree = memoryTree(new Map(Object.entries(files)))
  return { source: sourceOf(bytes, path), path, storedSize: bytes.byteLength, wrapper: [], tree }
}

async function bytesOf(model: OpenModel, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of model.readTensor(name)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

/** y = relu(x · w) + b, with `b` in an If's branches. */
function aModel(weights: OnnxTensor['data'] = floats(1, -2, 3, 4)): OnnxModel {
  const branch = (name: string, value: number) => ({
    name,
    nodes: [{ op: 'Add', inputs: ['r', 'b'], outputs: [`${name}_y`] }],
    inputs: [],
    outputs: [{ name: `${name}_y`, dtype: 'float32', shape: [null, 2] } as const],
    initializers: [{ name: 'b', dtype: 'float32', shape: [1], data: floats(value) } as const],
  })
  return {
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'main',
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['m'] },
        { op: 'LeakyRelu', inputs: ['m'], outputs: ['r'], attributes: { alpha: { float: 0.5 } } },
        {
          op: 'If',
          inputs: ['up'],
          outputs: ['y'],
          attributes: {
            then_branch: { graph: branch('then', 10) },
            else_branch: { graph: branch('else', 20) },
          },
        },
      ],
      inputs: [
        { name: 'x', dtype: 'float32', shape: ['N', 2] },
        { name: 'up', dtype: 'bool', shape: [] },
      ],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 2] }],
      initializers: [{ name: 'w', dtype: 'float32', shape: [2, 2], data: weights }],
      metadata: [{ key: 'made', value: 'by hand' }],
    },
    metadata: [{ key: 'a', value: 'b' }],
  }
}

const feeds = {
  x: new Tensor('float32', Float32Array.of(1, 1), [1, 2]),
  up: new Tensor('bool', Uint8Array.of(1), []),
}

test('a written model is opened with all that was given', async () => {
  const sink = collecting()
  const written = await writeOnnx(aModel(), sink)
  expect(written).toEqual({ bytes: sink.bytes().byteLength, externalBytes: 0 })
  const model = await openOnnx(inputOf({ 'm.onnx': sink.bytes() }))
  expect(model.file.tensors.map(({ name }) => name)).toEqual(['w', 'y/then_branch::b', 'y/else_branch::b'])
  expect(model.file.graph!.nodes[1]!.attributes).toEqual({ alpha: 0.5 })
  expect(model.file.metadata).toEqual(
    expect.arrayContaining([
      { key: 'a', value: 'b' },
      { key: 'graph.made', value: 'by hand' },
    ]),
  )
  expect(await bytesOf(model, 'w')).toEqual(Buffer.from(floats(1, -2, 3, 4)))
})

test('ONNX Runtime runs a written model', async () => {
  const sink = collecting()
  await writeOnnx(aModel(), sink)
  const session = await InferenceSession.create(sink.bytes())
  expect(Array.from((await session.run(feeds))['y']!.data as Float32Array)).toEqual([14, 12])
})

test('ONNX Runtime runs a model with external data, and one with replaced weights', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-write-'))
  try {
    const size = 32
    // The identity times 2, over two pieces.
    const eye = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 2 : 0))
    const half = new Uint8Array(eye.buffer, 0, 2048)
    const rest = new Uint8Array(eye.buffer, 2048)
    const model = square(size, async function* () {
      yield half
      yield rest
    })
    const [sink, data] = [collecting(), collecting()]
    const external: OnnxExternalSink = { location: 'w.data', sink: data, when: 'always' }
    expect(await writeOnnx(model, sink, { external })).toMatchObject({ externalBytes: 8192 })
    await writeFile(join(folder, 'm.onnx'), sink.bytes())
    await writeFile(join(folder, 'w.data'), data.bytes())
    const x = new Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, i) => i),
      [1, size],
    )
    const run = async (file: string) => {
      const session = await InferenceSession.create(join(folder, file))
      return Array.from((await session.run({ x }))['y']!.data as Float32Array)
    }
    expect(await run('m.onnx')).toEqual(Array.from({ length: size }, (_, i) => 4 * i))

    const again = collecting()
    const zeros = { dtype: 'float32', shape: [size, size], data: new Uint8Array(4096) } as const
    await rewriteOnnx(sourceOf(sink.bytes(), 'm.onnx'), again, { initializers: new Map([['w2', zeros]]) })
    await writeFile(join(folder, 'zero.onnx'), again.bytes())
    expect(await run('zero.onnx')).toEqual(Array.from({ length: size }, () => 0))
  } finally {
    await rm(folder, { recursive: true })
  }

  function square(size: number, data: () => AsyncIterable<Uint8Array>): OnnxModel {
    const tensor = (name: string) => ({ name, dtype: 'float32', shape: [size, size], data }) as const
    return {
      opsets: [{ domain: '', version: 17 }],
      graph: {
        name: 'square',
        nodes: [
          { op: 'MatMul', inputs: ['x', 'w1'], outputs: ['h'] },
          { op: 'MatMul', inputs: ['h', 'w2'], outputs: ['y'] },
        ],
        inputs: [{ name: 'x', dtype: 'float32', shape: ['N', size] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: ['N', size] }],
        initializers: [tensor('w1'), tensor('w2')],
      },
    }
  }
})

describe('external data', () => {
  const large = (name: string, bytes: number): OnnxTensor => ({
    name,
    dtype: 'uint8',
    shape: [bytes],
    data: async function* () {
      const piece = new Uint8Array(1024 * 1024)
      for (let left = bytes; left > 0; left -= piece.byteLength)
        yield piece.subarray(0, Math.min(left, piece.byteLength))
    },
  })
  const holding = (...initializers: OnnxTensor[]): OnnxModel => {
    const { graph, ...model } = aModel()
    return { ...model, graph: { ...graph, initializers } }
  }

  test('begins at pages; small tensors stay in the model', async () => {
    const [sink, data] = [collecting(), collecting()]
    const external: OnnxExternalSink = { location: 'w.data', sink: data, when: 'always' }
    await writeOnnx(holding(large('a', 5000), large('b', 100), large('c', 2000)), sink, { external })
    expect(data.bytes().byteLength).toBe(8192 + 2000)
    const model = await openOnnx(inputOf({ 'm.onnx': sink.bytes(), 'w.data': data.bytes() }))
    expect(model.file.tensors.slice(0, 3).map(({ name, stored }) => [name, stored])).toEqual([
      ['a', ['external']],
      ['b', undefined],
      ['c', ['external']],
    ])
  })

  test('is used above 1 GB, and refused to be done without', async () => {
    const counting = () => {
      let count = 0
      return {
        async write(bytes: Uint8Array) {
          count += bytes.byteLength
        },
        count: () => count,
      }
    }
    const model = holding(large('w', 1_000_000_001))
    await expect(writeOnnx(model, counting())).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
    const [sink, data] = [counting(), counting()]
    const written = await writeOnnx(model, sink, { external: { location: 'w.data', sink: data } })
    expect(written).toEqual({ bytes: sink.count(), externalBytes: 1_000_000_001 })
    expect(data.count()).toBe(1_000_000_001)
    expect(sink.count()).toBeLessThan(1000)
  })

  test('under a location outside the folder is refused', async () => {
    const external = { location: '../w.data', sink: collecting() }
    const when = 'always' as const
    await expect(
      writeOnnx(aModel(), collecting(), { external: { ...external, when } }),
    ).rejects.toMatchObject({ code: 'ONNX_EXTERNAL_PATH' })
  })
})

describe('tensors that lie are refused', () => {
  test.each<[string, OnnxTensor['data'], RegExp]>([
    ['too few bytes', floats(1, 2), /takes 16 bytes, and 8 were given/],
    [
      'a stream that ends early',
      async function* () {
        yield floats(1)
      },
      /takes 16 bytes, and 4 were given/,
    ],
    [
      'a stream that goes on',
      async function* () {
        yield floats(1, 2, 3, 4, 5)
      },
      /takes 16 bytes, and more were given/,
    ],
    ['texts for numbers', ['a', 'b', 'c', 'd'], /text were given/],
  ])('%s', async (_, data, message) => {
    await expect(writeOnnx(aModel(data), collecting())).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })
})

describe('rewriting', () => {
  const original = new Uint8Array(readFileSync(`${FIXTURES}scopes.onnx`))

  test('without a replacement gives the same bytes', async () => {
    const sink = collecting()
    await rewriteOnnx(sourceOf(original), sink, { initializers: new Map() })
    expect(sink.bytes()).toEqual(original)
  })

  test.each([
    'weight',
    'loop/body/if/then_branch::weight',
    'own::Twice::two.value',
    'training 0/algorithm::momentum',
  ])('replaces %s, and leaves all else as it is', async name => {
    const before = await openOnnx(inputOf({ 'm.onnx': original }))
    const sink = collecting()
    const elements = Uint8Array.from({ length: 20 }, (_, i) => 255 - i)
    const replacement = { dtype: 'int8', shape: [20], data: elements } as const
    await rewriteOnnx(sourceOf(original), sink, { initializers: new Map([[name, replacement]]) })
    const after = await openOnnx(inputOf({ 'm.onnx': sink.bytes() }))
    expect(await bytesOf(after, name)).toEqual(Buffer.from(elements))
    for (const { name: other } of before.file.tensors)
      if (other !== name) expect(await bytesOf(after, other)).toEqual(await bytesOf(before, other))
    expect(after.file.graph).toMatchObject({ nodes: [{ op: 'Loop' }, { op: 'Custom' }, { op: 'Twice' }] })
    expect(after.file.metadata).toEqual(before.file.metadata)
  })

  test('a name that is not there is told', async () => {
    const replacement = { dtype: 'int8', shape: [], data: Uint8Array.of(1) } as const
    const initializers = new Map([['nothing', replacement]])
    await expect(rewriteOnnx(sourceOf(original), collecting(), { initializers })).rejects.toMatchObject({
      code: 'TENSOR_MISSING',
    })
  })
})
