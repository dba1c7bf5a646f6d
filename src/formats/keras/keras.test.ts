import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { digestOf, fixtureInput } from '../../../test/fixtures/model-input.ts'
import type { OpenModel } from '../ports.ts'
import type { ModelGraph } from '../types.ts'
import { openHdf5OrKeras, openKeras } from './index.ts'

interface Expected {
  readonly datasets: Record<
    string,
    { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string }
  >
  readonly model?: {
    readonly name: string
    readonly layers: readonly {
      readonly name: string
      readonly class: string
      readonly weights: readonly string[]
    }[]
    readonly parameters: number
    readonly inputs: readonly (readonly (number | null)[])[]
    readonly outputs: readonly (readonly (number | null)[])[]
  }
}

const EXPECTED: Record<string, Expected> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/keras/expected.json', import.meta.url), 'utf8'),
)
const FILES = Object.keys(EXPECTED).filter(file => !file.endsWith('.json'))
const open = async (file: string): Promise<OpenModel> => {
  const input = await fixtureInput('keras', file)
  return file.endsWith('.keras') ? openKeras(input) : openHdf5OrKeras(input)
}

test.each(FILES)('%s: every dataset is as h5py reads it', async file => {
  const model = await open(file)
  const found: Expected['datasets'] = {}
  for (const { name, dtype, shape, bytes } of model.file.tensors) {
    const digest = await digestOf(model, name)
    expect(digest.bytes, name).toBe(bytes)
    found[name] = { dtype, shape, sha256: digest.sha256 }
  }
  expect(found).toEqual(EXPECTED[file]!.datasets)
  await model.close()
})

const MODELS = FILES.filter(file => EXPECTED[file]!.model)

describe.each(MODELS)('%s', file => {
  const expected = EXPECTED[file]!.model!

  test('has the layers that Keras says', async () => {
    const { graph } = (await open(file)).file
    const layers = graph!.nodes.filter(({ name, op }) => !name.includes('#') && op !== 'InputLayer')
    expect(layers.map(({ name, op }) => [name, op])).toEqual(
      expected.layers.filter(layer => layer.class !== 'InputLayer').map(layer => [layer.name, layer.class]),
    )
  })

  test("each layer's weights are those that Keras gives, below the path that its node names", async () => {
    const model = await open(file)
    const { graph, tensors } = model.file
    for (const layer of expected.layers.filter(({ weights }) => weights.length > 0)) {
      const node = graph!.nodes.find(({ name }) => name === layer.name)
      const path = node?.attributes?.['weights']
      const own = tensors.filter(({ name, role }) => name.startsWith(`${path}/`) && role === undefined)
      const digests = await Promise.all(own.map(async ({ name }) => (await digestOf(model, name)).sha256))
      expect(digests.toSorted(), layer.name).toEqual(layer.weights.toSorted())
      if (file.endsWith('.h5')) expect(digests, 'in order').toEqual(layer.weights)
    }
  })

  test('has as many parameters', async () => {
    expect((await open(file)).file.parameters).toBe(expected.parameters)
  })

  test('has the inputs and outputs', async () => {
    const { signature } = (await open(file)).file
    expect(signature!.inputs.map(({ shape }) => shape)).toEqual(expected.inputs)
    expect(signature!.outputs.map(({ shape }) => shape)).toEqual(expected.outputs)
  })
})

test.each(['k2-functional.h5', 'k2-functional.keras', 'k3-functional.h5', 'k3-functional.keras'])(
  '%s: the graph of layers',
  async file => {
    const { graph, signature, what, producer, metadata } = (await open(file)).file
    expect({ what, producer }).toEqual({
      what: "Functional 'net'",
      producer: expect.stringMatching(/^Keras [23]\./),
    })
    expect(inputsOf(graph!, 'both')).toEqual(['shared', 'shared#1'])
    expect(inputsOf(graph!, 'shared')).toEqual(['reader'])
    expect(inputsOf(graph!, 'shared#1')).toEqual(['inner'])
    expect(inputsOf(graph!, 'attention')).toEqual(['embedding', 'embedding'])
    expect(graph!.subgraphs.map(({ name, nodes }) => [name, nodes.map(node => node.op)])).toEqual([
      ['inner', ['InputLayer', 'Dense', 'BatchNormalization']],
    ])
    expect(signature).toMatchObject({
      inputs: [
        { name: 'words', dtype: 'int32' },
        { name: 'numbers', dtype: 'float32' },
      ],
      outputs: [{ name: 'score' }, { name: 'label' }],
    })
    expect(metadata.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['keras_version', 'optimizer', 'loss']),
    )
  },
)

const inputsOf = (graph: ModelGraph, name: string): readonly string[] | undefined =>
  graph.nodes.find(node => node.name === name)?.inputs

test("optimisers' states are told apart", async () => {
  const { tensors } = (await open('k3-functional.h5')).file
  const states = tensors.filter(({ role }) => role === 'optimizer').map(({ name }) => name)
  expect(states.length).toBeGreaterThan(20)
  expect(states.every(name => name.startsWith('optimizer_weights/'))).toBe(true)
})
