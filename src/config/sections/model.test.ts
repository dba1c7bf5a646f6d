import { expect, test } from 'vitest'
import { isRunnable, modelFileAmong, whyNotServed } from './model.ts'

test.each([
  [['model.onnx'], 'model.onnx'],
  [['a.data', 'model.onnx'], 'model.onnx'],
  [['weights/1.bin', 'weights/net.onnx'], 'weights/net.onnx'],
  [['a.onnx', 'net/model.onnx'], 'net/model.onnx'],
  [['net/fingerprint.pb', 'net/saved_model.pb', 'net/variables/variables.index'], 'net/saved_model.pb'],
  [['model-00001-of-00002.safetensors', 'model.safetensors.index.json'], 'model-00001-of-00002.safetensors'],
  [['group1-shard1of1.bin', 'model.json'], 'group1-shard1of1.bin'],
  [[], undefined],
])('of %j the model is %s', (names, model) => {
  expect(modelFileAmong(names)).toBe(model)
})

test.each([
  ['model.onnx', undefined],
  ['net/model.onnx', undefined],
  ['model.pkl', 'skl2onnx'],
  ['model.joblib.gz', 'skl2onnx'],
  ['model.pkl.xz', 'skl2onnx'],
  ['export/net', 'tf2onnx'],
  ['model.keras', 'tf2onnx'],
  ['model.pt', 'torch.onnx.export'],
  ['model.gguf', 'no ONNX form'],
  ['model.ubj', 'onnxmltools'],
])('%s is served, or it is said how it becomes ONNX: %s', (file, advice) => {
  expect(isRunnable(file)).toBe(advice === undefined)
  if (advice === undefined) expect(whyNotServed(file)).toBeUndefined()
  else expect(whyNotServed(file)).toMatch(new RegExp(`ONNX.*: ${file} .*${advice}`))
})
