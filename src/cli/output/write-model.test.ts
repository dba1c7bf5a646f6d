import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OnnxModel } from '../../formats/index.ts'
import { writeModel } from './write-model.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-write-'))
})
afterEach(() => rm(folder, { recursive: true }))

const aModel = (data: OnnxModel['graph']['initializers'] = []): OnnxModel => ({
  opsets: [{ domain: '', version: 21 }],
  graph: {
    name: 'g',
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
    initializers: data,
  },
})

test('a model is there under its name alone', async () => {
  const { bytes } = await writeModel(aModel(), join(folder, 'm.onnx'))
  expect(await readdir(folder)).toEqual(['m.onnx'])
  expect((await readFile(join(folder, 'm.onnx'))).length).toBe(bytes)
})

test('where a weight can not be read, what was there stays', async () => {
  await writeFile(join(folder, 'm.onnx'), 'before')
  const broken = {
    name: 'w',
    dtype: 'float32',
    shape: [2],
    data: async function* () {
      yield new Uint8Array(4)
      throw new Error('the disk is gone')
    },
  } as const
  await expect(writeModel(aModel([broken]), join(folder, 'm.onnx'))).rejects.toThrow('the disk is gone')
  expect(await readdir(folder)).toEqual(['m.onnx'])
  expect(await readFile(join(folder, 'm.onnx'), 'utf8')).toBe('before')
})
