import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sourceOf } from '../../../src/core/index.ts'
import { onnxHazards } from '../../../src/formats/onnx/hazards/hazards.ts'
import { bytes, join, message, model, node, tensor, value } from './onnx-bytes.ts'

const FIXTURES = new URL('../../fixtures/onnx/', import.meta.url).pathname
const EXAMPLE = new URL('../../../examples/digits/model.onnx', import.meta.url).pathname

const withNode = (op: string, domain: string) =>
  model({ graph: [message(1, node(op), bytes(7, domain)), bytes(2, 'g'), message(12, value('y', ['N']))] })
const hazards = (content: Uint8Array) => onnxHazards(sourceOf(content, 'model.onnx'))

test.each([EXAMPLE, `${FIXTURES}dtypes.onnx`, `${FIXTURES}external/model.onnx`])(
  '%s has none',
  async path => {
    expect(await hazards(readFileSync(path))).toEqual([])
  },
)

test.each([
  ['', 'Add'],
  ['ai.onnx', 'Gemm'],
  ['ai.onnx.ml', 'TreeEnsembleClassifier'],
  ['com.microsoft', 'Attention'],
  ['com.microsoft.nchwc', 'Conv'],
  ['ai.onnx.contrib', 'BertTokenizer'],
  ['ai.onnx.preview.training', 'Adam'],
])('%s %s only computes', async (domain, op) => {
  expect(await hazards(withNode(op, domain))).toEqual([])
})

test.each([
  ['', 'System', 'unknown-op'],
  ['com.microsoft', 'Add', 'unknown-op'],
  ['ai.onnx.contrib', 'MyFunction', 'unknown-op'],
  ['my.library', 'Add', 'unknown-domain'],
  ['__proto__', 'constructor', 'unknown-domain'],
  ['ai.onnx.contrib', 'PyCustomOp', 'python-op'],
  ['anything', 'PyOp', 'python-op'],
  ['com.microsoft', 'PythonOp', 'python-op'],
  ['com.microsoft', 'EPContext', 'native-code'],
  ['org.pytorch.aten', 'ATen', 'native-code'],
  ['ai.onnx.contrib', 'ImageReader', 'file-op'],
])('%s %s is a hazard: %s', async (domain, op, kind) => {
  expect(await hazards(withNode(op, domain))).toEqual([
    { kind, node: 'y', offset: expect.any(Number), detail: expect.stringContaining(op) },
  ])
})

test("a model's own functions are known, and what stands in them is judged", async () => {
  const own = (inside: string) =>
    join(withNode('Twice', 'own'), message(25, bytes(1, 'Twice'), bytes(10, 'own'), message(7, node(inside))))
  expect(await hazards(own('Add'))).toEqual([])
  expect(await hazards(own('PyOp'))).toMatchObject([{ kind: 'python-op', node: 'own::Twice/y' }])
})

test('a function that calls itself like an operator of Python hides nothing', async () => {
  const shadow = join(
    withNode('MyFunction', 'ai.onnx.contrib'),
    message(25, bytes(1, 'MyFunction'), bytes(10, 'ai.onnx.contrib'), message(7, node('Add'))),
  )
  expect(await hazards(shadow)).toMatchObject([{ kind: 'unknown-op' }])
})

test('every external path that leads out is listed, wherever it stands', async () => {
  const at = (location: string) => tensor({ name: 'w', external: { location, offset: '0', length: '8' } })
  const content = model({
    graph: [
      message(1, node('Constant', message(5, bytes(1, 'value'), message(5, at('/proc/self/environ'))))),
      message(1, node('If', message(5, bytes(1, 'then'), message(6, message(5, at('../../up')))))),
      message(5, at('https://example.org/w')),
      message(5, at('fine.data')),
      message(15, message(2, at('a\0b'))),
    ],
  })
  expect(await hazards(content)).toMatchObject([
    { kind: 'external-path', tensor: 'w', detail: "'https://example.org/w' is a URL" },
    { kind: 'external-path', tensor: '.indices', detail: expect.stringContaining('NUL') },
    { kind: 'external-path', tensor: 'y.value', detail: "'/proc/self/environ' is absolute" },
    { kind: 'external-path', tensor: 'y/then::w', detail: "'../../up' climbs out of the folder" },
  ])
})

test('one operator is told once, with how often it occurs', async () => {
  const nodes = Array.from({ length: 2000 }, () => message(1, node('Evil'), bytes(7, 'x')))
  expect(await hazards(model({ graph: nodes }))).toMatchObject([
    { kind: 'unknown-domain', detail: expect.stringContaining('2000 nodes') },
  ])
})
