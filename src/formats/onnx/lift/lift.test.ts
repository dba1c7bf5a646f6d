import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import type { ModelInput } from '../../ports.ts'
import { inputFromFile } from '../../tree/input.ts'
import { memoryTree } from '../../tree/memory.ts'
import { openOnnx } from '../open/open.ts'
import type { OnnxAttribute, OnnxModel } from '../write/types.ts'
import { writeOnnx } from '../write/write.ts'
import { liftOnnx } from './lift.ts'

const FIXTURES = new URL('../../../../test/fixtures/onnx/', import.meta.url).pathname
const expected: Record<string, Record<string, { sha256: string; shape: number[] }>> = JSON.parse(
  readFileSync(`${FIXTURES}expected.json`, 'utf8'),
)

async function written(model: OnnxModel): Promise<ModelInput> {
  const pieces: Uint8Array[] = []
  await writeOnnx(model, {
    async write(bytes) {
      pieces.push(bytes.slice())
    },
  })
  const bytes = new Uint8Array(Buffer.concat(pieces))
  const tree = memoryTree(new Map([['model.onnx', bytes]]))
  const source = sourceOf(bytes, 'model.onnx')
  return { source, path: 'model.onnx', storedSize: bytes.byteLength, wrapper: [], tree }
}

/** A model of one node with these attributes, in its graph or in a function. */
function withAttributes(attributes: Readonly<Record<string, OnnxAttribute>>): OnnxModel {
  return {
    irVersion: 9,
    opsets: [{ domain: 'custom', version: 1 }],
    graph: {
      name: 'main',
      nodes: [{ op: 'Anything', domain: 'custom', name: 'n', inputs: ['x'], outputs: ['y'], attributes }],
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', null, 3] }],
      outputs: [{ name: 'y', dtype: 'float16' }],
    },
  }
}

test.each(['dtypes.onnx', 'external/model.onnx'])(
  '%s, lifted and written again, holds the elements that onnx.numpy_helper gives',
  async file => {
    const input = await inputFromFile(`${FIXTURES}${file}`)
    const lifted = await liftOnnx(input)
    const again = await openOnnx(await written(lifted.model))
    const found: Record<string, unknown> = {}
    const add = async (
      name: string,
      shape: readonly number[],
      pieces: AsyncIterable<string | Uint8Array>,
    ) => {
      const hash = createHash('sha256')
      for await (const piece of pieces) hash.update(typeof piece === 'string' ? `\0${piece}` : piece)
      found[name] = { shape, sha256: hash.digest('hex') }
    }
    for (const { name, dtype, shape } of again.file.tensors)
      await add(name, shape, dtype === 'string' ? again.readText!(name) : again.readTensor(name))
    // Small constants of nodes, which no description lists.
    for (const { name, attributes = {} } of lifted.model.graph.nodes)
      for (const [key, value] of Object.entries(attributes))
        if ('tensor' in value && value.tensor.data instanceof Uint8Array)
          await add(`${name}.${key}`, value.tensor.shape, Readable.from([value.tensor.data]))
    const wanted = Object.entries(expected[file]!).map(([name, { shape, sha256 }]) => [
      name,
      { shape, sha256 },
    ])
    expect(found).toEqual(Object.fromEntries(wanted))
    await lifted.close()
    await input.close()
  },
)

describe('attributes', () => {
  const body = withAttributes({ alpha: { float: 0.5 } }).graph
  test.each<Record<string, OnnxAttribute>>([
    { of: { float: -0.25 } },
    { zero: { float: 0 } },
    { of: { int: 7n } },
    { zero: { int: 0 } },
    { of: { text: '狗'.repeat(3000) } },
    { empty: { text: '' } },
    { of: { floats: Array.from({ length: 40 }, (_, i) => i / 4) }, none: { floats: [] } },
    { of: { ints: [...Array(40).keys(), -1, 2n ** 62n] }, none: { ints: [] } },
    { of: { texts: Array.from({ length: 40 }, (_, i) => `t${i}`) }, none: { texts: [] } },
    { of: { graphs: [body, body] } },
    { __proto__x: { int: 1n } },
  ])('%#: %o come back whole', async attributes => {
    const lifted = await liftOnnx(await written(withAttributes(attributes)))
    const [node] = lifted.model.graph.nodes
    const plain = (value: OnnxAttribute): unknown =>
      'int' in value
        ? { int: BigInt(value.int) }
        : 'graphs' in value
          ? value.graphs.map(({ nodes }) => nodes[0]?.attributes)
          : value
    const of = (all: Readonly<Record<string, OnnxAttribute>>) =>
      Object.entries(all).map(([name, value]) => [name, plain(value)])
    expect(of(node!.attributes!)).toEqual(of(attributes))
  })

  test('a tensor, a graph, and names of a function’s parameters', async () => {
    const model = withAttributes({
      value: { tensor: { name: 't', dtype: 'int8', shape: [3], data: Uint8Array.of(1, 2, 255) } },
      body: { graph: body },
    })
    const inner = withAttributes({ alpha: { parameter: 'slope', type: 'float' } }).graph.nodes
    const functions = [
      {
        name: 'F',
        domain: 'custom',
        inputs: ['x'],
        outputs: ['y'],
        attributes: ['slope'],
        nodes: inner,
        opsets: [],
      },
    ]
    const lifted = await liftOnnx(await written({ ...model, functions }))
    expect(lifted.model.graph.nodes[0]!.attributes).toEqual({
      value: { tensor: { name: 't', dtype: 'int8', shape: [3], data: Uint8Array.of(1, 2, 255) } },
      body: {
        graph: expect.objectContaining({
          nodes: [expect.objectContaining({ attributes: { alpha: { float: 0.5 } } })],
        }),
      },
    })
    expect(lifted.model.functions).toEqual(functions)
    expect(lifted.model.graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['N', null, 3] }])
  })
})

test('a model that is trained on is refused, and nothing is left open', async () => {
  const input = await inputFromFile(`${FIXTURES}scopes.onnx`)
  await expect(liftOnnx(input)).rejects.toMatchObject({
    code: 'FORMAT_UNSUPPORTED',
    message: expect.stringContaining('train'),
  })
  await input.close()
})
