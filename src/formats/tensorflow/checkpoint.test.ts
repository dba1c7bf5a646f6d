import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectedOf, FOLDER, type Told, toldOf, withModel } from '../../../test/fixtures/tensorflow/world.ts'
import { openCheckpoint } from './checkpoint.ts'

const CHECKPOINTS = [
  ['many', 'many/model.index'],
  ['shards', 'shards/ckpt.index'],
  ['checkpoint', 'checkpoint/ckpt-1.index'],
] as const
const VARIABLES = ['module', 'keras', 'keras2', 'v1'] as const

describe("every value is TensorFlow's own", () => {
  test.each(CHECKPOINTS)('checkpoint %s', async (name, path) => {
    await compare(path, expectedOf<Record<string, Told>>(name))
  })
  test.each(VARIABLES)('variables of %s', async name => {
    const { variables } = expectedOf<{ variables: Record<string, Told> }>(name)
    await compare(`${name}/variables/variables.index`, variables)
  })
})

async function compare(path: string, expected: Record<string, Told>): Promise<void> {
  await withModel(join(FOLDER, path), openCheckpoint, async model => {
    const found: Record<string, Told> = {}
    for (const info of model.file.tensors) {
      found[info.key ?? info.name] = await toldOf(model, info)
      if (info.dtype !== 'string') {
        let bytes = 0
        for await (const piece of model.readTensor(info.name)) bytes += piece.length
        expect(bytes).toBe(info.bytes)
      }
    }
    expect(found).toEqual(expected)
  })
}

test('tensors have the names that people gave, and their roles', async () => {
  await withModel(join(FOLDER, 'checkpoint/ckpt-1.index'), openCheckpoint, async ({ file }) => {
    expect(file).toMatchObject({ format: 'tensorflow-checkpoint', parameters: 8 })
    const kernel = file.tensors.find(({ name }) => name === 'dense/kernel')
    expect(kernel).toMatchObject({ key: 'model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE' })
    const slots = file.tensors.filter(({ role }) => role === 'optimizer').map(({ name }) => name)
    expect(slots).toContain('Adam/dense/kernel/m')
    expect(slots).toContain('Adam/learning_rate')
    expect(file.size).toBe(file.files.reduce((sum, { size }) => sum + size, 0))
  })
})

test('names that several variables share give way to paths', async () => {
  await withModel(join(FOLDER, 'shards/ckpt.index'), openCheckpoint, async ({ file }) => {
    expect(file.tensors.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(file.files.map(({ path }) => path)).toEqual([
      'ckpt.index',
      'ckpt.data-00000-of-00002',
      'ckpt.data-00001-of-00002',
    ])
  })
})

test("Keras' second copies of its variables are no parameters", async () => {
  await withModel(join(FOLDER, 'keras/variables/variables.index'), openCheckpoint, async ({ file }) => {
    expect(file.parameters).toBe(4 * 5 + 5 + 4 * 5 + 5 * 2 + 2)
    expect(file.tensors.find(({ name }) => name === 'sequential/first/kernel')?.key).toBe(
      'variables/0/.ATTRIBUTES/VARIABLE_VALUE',
    )
  })
})
