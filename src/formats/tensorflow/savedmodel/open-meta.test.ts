import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  expectedOf,
  FOLDER,
  inputOf,
  type Told,
  toldOf,
  withModel,
} from '../../../../test/fixtures/tensorflow/world.ts'
import { openCheckpoint, openMetaGraph } from '../index.ts'

const { constants } = expectedOf<{ constants: Record<string, Told> }>('meta')

test("a graph beside a checkpoint has TensorFlow's own constants, and nothing dangerous", async () => {
  await withModel(join(FOLDER, 'meta/model.meta'), openMetaGraph, async model => {
    expect(model.file).toMatchObject({ format: 'tensorflow-graphdef', formatVersion: 'meta graph' })
    expect(model.file.graph?.operators.map(({ name }) => name)).toContain('MatMul')
    const found: Record<string, Told> = {}
    for (const info of model.file.tensors) found[info.name] = await toldOf(model, info)
    expect(Object.keys(found)).toContain('table')
    expect(constants).toMatchObject(found)
    expect((model as Awaited<ReturnType<typeof openMetaGraph>>).hazards).toEqual([])
  })
})

test('its variables are in the checkpoint', async () => {
  await withModel(join(FOLDER, 'meta/model.index'), openCheckpoint, async model => {
    expect(model.file.tensors.map(({ name }) => name)).toEqual(['w'])
  })
})

test('a graph that is cut off is read, or refused with a typed error', async () => {
  const whole = await readFile(join(FOLDER, 'meta/model.meta'))
  let refused = 0
  for (let end = 0; end < whole.length; end += 7) {
    const cut = new Map([['model.meta', whole.subarray(0, end)]])
    const opened = await inputOf(cut, 'model.meta')
      .then(openMetaGraph)
      .catch(error => error)
    if (!(opened instanceof Error)) continue
    expect(opened).toMatchObject({ code: expect.stringMatching(/^FORMAT_/) })
    refused++
  }
  // Cut between two of its few parts it is a smaller graph; nowhere else.
  expect(refused).toBeGreaterThan((whole.length / 7) * 0.9)
})
