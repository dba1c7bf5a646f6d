import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FOLDER, withModel } from '../../../../test/fixtures/tensorflow/world.ts'
import { openGraphDef, openSavedModel } from '../index.ts'
import type { TensorflowModel } from '../model.ts'
import { effectOf } from './effects.ts'
import { HARMLESS_OPS } from './harmless-ops.ts'

const hazardsOf = (path: string, reader = openSavedModel) =>
  withModel(join(FOLDER, path), reader, async model => (model as TensorflowModel).hazards)

test.each(['module', 'keras', 'keras2', 'v1', 'lookup'])(
  'nothing in %s, which TensorFlow saved',
  async name => {
    expect(await hazardsOf(`${name}/saved_model.pb`)).toEqual([])
  },
)

test('nothing in frozen graphs', async () => {
  expect(await hazardsOf('frozen.pb', openGraphDef)).toEqual([])
  expect(await hazardsOf('constants.pb', openGraphDef)).toEqual([])
})

test('a signature that reads and writes files', async () => {
  const found = await hazardsOf('unsafe/saved_model.pb')
  expect(found).toEqual([
    expect.objectContaining({
      op: 'WriteFile',
      kind: 'file-write',
      reachableFromSignature: true,
      function: expect.stringMatching(/^__inference___call__/),
      detail: 'writes a file: "/tmp/ballast-fixture"',
    }),
    expect.objectContaining({
      op: 'ReadFile',
      kind: 'file-read',
      detail: 'reads a file: a path that is given to the model',
    }),
  ])
})

test('no op is both harmless and known to do something', () => {
  expect(Array.from(HARMLESS_OPS).filter(op => effectOf(op))).toEqual([])
  expect(HARMLESS_OPS.size).toBeGreaterThan(1000)
})
