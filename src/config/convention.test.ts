import { expect, test } from 'vitest'
import { formatDiagnostic } from '../core/index.ts'
import { configFromConvention } from './index.ts'

const facts = { repositoryName: 'team/digits', defaultBranch: 'trunk' }

test('the only .onnx file is the model, and labels.txt beside it names its classes', () => {
  const files = ['README.md', 'labels.txt', 'out/labels.txt', 'out/net.onnx']
  expect(configFromConvention(files, facts)).toMatchObject({
    diagnostics: [],
    repository: {
      model: { name: 'digits', file: 'out/net.onnx', labels: 'out/labels.txt', task: 'classification' },
      environments: [{ name: 'production', branch: 'trunk', strategy: 'canary' }],
    },
  })
})

test('labels of another folder are not its own', () => {
  expect(configFromConvention(['labels.txt', 'out/net.onnx'], facts)?.repository?.model).not.toHaveProperty(
    'labels',
  )
})

test('without a name of the project, the file names the model', () => {
  expect(configFromConvention(['out/my net!.onnx'])?.repository?.model.name).toBe('my-net')
})

test.each([
  [['b.onnx', 'a/x.onnx', 'a.onnx'], 'There is more than one model: found b.onnx, a.onnx, a/x.onnx'],
  [['b.pkl', 'a.h5'], 'There is more than one model: found b.pkl, a.h5'],
  [Array.from({ length: 8 }, (_, i) => `${i}.onnx`), '0.onnx, 1.onnx, 2.onnx, 3.onnx, 4.onnx and 3 more'],
])('%j makes a finding that names them', (files, message) => {
  const parsed = configFromConvention(files, facts)
  expect(parsed?.repository).toBeUndefined()
  expect(parsed?.diagnostics.map(formatDiagnostic)).toEqual([expect.stringContaining(message)])
})

test.each([
  [['model.pkl.gz', 'x.py'], 'model.pkl.gz'],
  [['out/net/saved_model.pb', 'out/net/variables/variables.index', 'out/net/x.h5'], 'out/net'],
  [['saved_model.pb', 'variables/variables.index'], 'saved_model.pb'],
  [['net.onnx', 'old.h5'], 'net.onnx'],
])('%j has the model %s', (files, file) => {
  expect(configFromConvention(files, facts)?.repository?.model.file).toBe(file)
})

test('a model of a format that is not served comes with a warning, one that is converted without', () => {
  expect(configFromConvention(['model.pt'], facts)?.diagnostics.map(formatDiagnostic)).toEqual([
    expect.stringMatching(/warning: Models of this format are scanned.*found model.pt \(torch.export.save/),
  ])
  expect(configFromConvention(['model.pkl.gz'], facts)?.diagnostics).toEqual([])
})

test('weights in a text or JSON file are no model by convention', () => {
  expect(configFromConvention(['model.txt', 'data.json', 'x.bin'], facts)).toBeUndefined()
})

test('a repository without any model is none of ours', () => {
  expect(configFromConvention(['README.md', 'src/main.ts'], facts)).toBeUndefined()
})
