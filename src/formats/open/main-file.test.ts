import { expect, test } from 'vitest'
import { memoryTree } from '../tree/memory.ts'
import { mainFileOf } from './main-file.ts'

const treeOf = (...paths: string[]) =>
  memoryTree(new Map(paths.map(path => [path, new Uint8Array()])), 'folder')

test.each([
  { of: ['saved_model.pb', 'variables/variables.index', 'assets/a.txt'], is: 'saved_model.pb' },
  { of: ['export/1/saved_model.pb', 'export/1/variables/variables.index'], is: 'export/1/saved_model.pb' },
  { of: ['model.json', 'group1-shard1of1.bin'], is: 'model.json' },
  {
    of: ['model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'config.json'],
    is: 'model.safetensors.index.json',
  },
  { of: ['config.json', 'pytorch_model.bin', 'training_args.bin'], is: 'pytorch_model.bin' },
  { of: ['model.safetensors', 'pytorch_model.bin'], is: 'model.safetensors' },
  { of: ['model.onnx', 'onnx/model.onnx'], is: 'model.onnx' },
  { of: ['net/model.onnx', 'net/model.keras'], is: 'net/model.keras' },
  { of: ['README.md', 'net.pt'], is: 'net.pt' },
  { of: ['net.onnx', 'net.pt', 'notes.txt'], is: 'net.onnx' },
  { of: ['a/b/c/net.pkl.gz'], is: 'a/b/c/net.pkl.gz' },
  { of: ['NET.ONNX'], is: 'NET.ONNX' },
  {
    of: ['q-00001-of-00003.gguf', 'q-00002-of-00003.gguf', 'q-00003-of-00003.gguf'],
    is: 'q-00001-of-00003.gguf',
  },
  { of: ['ckpt-1.index', 'ckpt-1.data-00000-of-00001', 'checkpoint'], is: 'ckpt-1.index' },
  { of: ['model.txt'], is: 'model.txt' },
  { of: ['README.txt', 'train.csv'], is: undefined },
  { of: ['cat/1.png', 'dog/1.png'], is: undefined },
  { of: [], is: undefined },
])('of $of it is $is', async ({ of, is }) => {
  expect(await mainFileOf(treeOf(...of))).toBe(is)
})

test.each([
  [['a.pkl', 'b.pkl'], 'a.pkl, b.pkl'],
  [['a/saved_model.pb', 'b/saved_model.pb'], 'a/saved_model.pb, b/saved_model.pb'],
  [['1.pt', '2.pt', '3.pt', '4.pt', '5.pt', '6.pt'], '1.pt, 2.pt, 3.pt, 4.pt, 5.pt …'],
])('of %j none is meant: they are named', async (paths, named) => {
  await expect(mainFileOf(treeOf(...paths))).rejects.toMatchObject({
    code: 'FORMAT_UNKNOWN',
    message: `folder holds more than one model: ${named}`,
    details: { found: paths },
  })
})

test('a place that can’t be listed has none', async () => {
  const tree = { ...treeOf('model.onnx'), list: async () => undefined }
  expect(await mainFileOf(tree)).toBeUndefined()
})
