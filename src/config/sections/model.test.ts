import { expect, test } from 'vitest'
import { modelFileAmong, samplesBeside, whyNotServed, whyVersionNotServed } from './model-formats.ts'

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
  ['model.pkl', undefined],
  ['model.joblib.gz', undefined],
  ['model.pkl.xz', undefined],
  ['export/net', undefined],
  ['model.keras', undefined],
  ['model.ubj', undefined],
  ['model.pt', 'torch.export.save'],
  ['weights.safetensors.zst', 'weights have no graph'],
  ['model.gguf', 'no ONNX form'],
  ['arrays.npz', 'arrays have no graph'],
])('%s is served, or it is said how a model is got that is: %s', (file, advice) => {
  if (advice === undefined) expect(whyNotServed(file)).toBeUndefined()
  else expect(whyNotServed(file)).toMatch(`not served: ${file} (`)
  if (advice !== undefined) expect(whyNotServed(file)).toContain(advice)
})

test.each([
  [['model.onnx'], undefined],
  [['.ballast/converted/model.onnx', 'model.pkl'], undefined],
  [['model.pkl'], 'push it again'],
  [['model.pt'], 'torch.export.save'],
])('a version of %j is served, or it is said why not', (names, why) => {
  if (why === undefined) expect(whyVersionNotServed(names)).toBeUndefined()
  else expect(whyVersionNotServed(names)).toContain(why)
})

test.each([
  ['model.pkl.gz', 'model.samples.npz'],
  ['net/model.h5', 'net/model.samples.npz'],
  ['export/saved_model', 'export/saved_model.samples.npz'],
  ['.hidden.pkl', '.hidden.samples.npz'],
])('samples of %s are looked for in %s', (file, samples) => {
  expect(samplesBeside(file)).toBe(samples)
})
