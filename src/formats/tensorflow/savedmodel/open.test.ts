import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  expectedOf,
  FOLDER,
  type Told,
  toldOf,
  withModel,
} from '../../../../test/fixtures/tensorflow/world.ts'
import { openSavedModel } from './open.ts'

interface Expected {
  readonly variables: Record<string, Told>
  readonly metaGraphs: readonly {
    readonly tags: readonly string[]
    readonly nodes: number
    readonly functions: readonly string[]
    readonly signatures: Record<string, { inputs: Record<string, string>; outputs: Record<string, string> }>
    readonly constants: Record<string, Told>
  }[]
}

const open = <T>(name: string, use: Parameters<typeof withModel<T>>[2]) =>
  withModel(join(FOLDER, name, 'saved_model.pb'), openSavedModel, use)

describe.each(['module', 'keras', 'keras2', 'v1', 'lookup', 'unsafe'])('the SavedModel %s', name => {
  const expected = expectedOf<Expected>(name)
  const main = expected.metaGraphs[0]!

  test("every value is TensorFlow's own", async () => {
    await open(name, async model => {
      const constants: Record<string, Told> = {}
      const variables: Record<string, Told> = {}
      for (const info of model.file.tensors) {
        const into = info.role === 'constant' ? constants : variables
        into[info.role === 'constant' ? info.name : (info.key ?? info.name)] = await toldOf(model, info)
      }
      expect(variables).toEqual(expected.variables)
      expect(main.constants).toMatchObject(constants)
    })
  })

  test('nodes, functions and signatures', async () => {
    await open(name, async ({ file }) => {
      expect(file.graph?.nodes.length).toBe(main.nodes)
      expect(file.graph?.subgraphs.map(graph => graph.name).toSorted()).toEqual(main.functions)
      const given = [...(file.signature ? [file.signature] : []), ...(file.otherSignatures ?? [])]
      for (const [key, { inputs, outputs }] of Object.entries(main.signatures)) {
        if (key.startsWith('__saved_model')) continue
        const signature = given.find(one => one.name === key)
        const byName = (values: { name: string; tensor?: string }[] = []) =>
          Object.fromEntries(values.map(value => [value.name, value.tensor ?? value.name]))
        expect(byName([...(signature?.inputs ?? [])])).toEqual(inputs)
        expect(byName([...(signature?.outputs ?? [])])).toEqual(outputs)
      }
      expect(JSON.parse(JSON.stringify(file))).toEqual(file)
      expect(file.size).toBe(file.files.reduce((sum, { size }) => sum + size, 0))
    })
  })
})

test('version 1: two graphs, partitioned variables under one name, an optimiser that is no parameter', async () => {
  await open('v1', async ({ file }) => {
    expect(file).toMatchObject({
      formatVersion: 'v1',
      producer: 'TensorFlow 2.21.0',
      parameters: 6 * 4 + 4 * 7,
    })
    expect(file.metadata).toContainEqual({ key: 'tags', value: 'serve | serve,tpu' })
    expect(file.otherSignatures?.map(({ name }) => name)).toEqual(['train', 'serve,tpu/serving_default'])
    expect(file.tensors.find(({ name }) => name === 'net/wide')).toMatchObject({
      shape: [4, 7],
      role: 'parameter',
      stored: ['partitioned'],
    })
  })
})

test('Keras: names of layers, roles, metadata', async () => {
  await open('keras', async ({ file }) => {
    const roles = new Map(file.tensors.map(({ name, role }) => [name, role]))
    expect(roles.get('sequential/first/kernel')).toBe('parameter')
    expect(roles.get('sequential/norm/moving_mean')).toBe('buffer')
    expect(file.signature?.inputs).toEqual([
      {
        name: 'keras_tensor',
        kind: 'tensor',
        dtype: 'float32',
        shape: [null, 4],
        tensor: 'serving_default_keras_tensor:0',
      },
    ])
  })
  await open('keras2', async ({ file }) => {
    expect(file).toMatchObject({ framework: 'Keras', what: 'Keras sequential', parameters: 8 })
    const keras = file.metadata.find(({ key }) => key === 'keras_metadata')
    expect(JSON.parse(keras!.value)).toMatchObject({ class_name: 'Sequential' })
  })
})

test('assets are named', async () => {
  await open('lookup', async ({ file }) => {
    expect(file.metadata).toContainEqual({ key: 'asset', value: 'vocabulary.txt' })
    expect(file.files.map(({ path }) => path)).toContain('assets/vocabulary.txt')
  })
})
