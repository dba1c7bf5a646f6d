import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { writeMlp } from '../../../test/fixtures/onnx-builder.ts'
import { sourceOf } from '../../core/index.ts'
import { protobufKind } from './protobuf-kind.ts'

const kindOf = (bytes: Uint8Array) => protobufKind(sourceOf(bytes, 'x'))
const fixture = (path: string) => readFile(new URL(`../../../test/fixtures/${path}`, import.meta.url))

test.each([
  ['an IR version and a graph', [0x08, 8, 0x3a, 0], 'onnx'],
  ['an IR version and opsets', [0x08, 8, 0x42, 2, 0x10, 17], 'onnx'],
  ['a graph that is cut off', [0x08, 8, 0x3a, 100, 1, 2], 'onnx'],
  ['a producer, cut off before the graph', [0x08, 8, 0x12, 2, 0x70, 0x74], 'onnx'],
  ['a cut-off producer', [0x08, 8, 0x12, 9, 0x70, 0x74], 'onnx'],
  ['schema version 1 and meta graphs', [0x08, 1, 0x12, 2, 0x0a, 0], 'tensorflow-savedmodel'],
  ['meta graphs that are cut off', [0x08, 1, 0x12, 0xff, 1, 0x0a], 'tensorflow-savedmodel'],
  ['a node of a name and an op', [0x0a, 8, 0x0a, 1, 0x78, 0x12, 3, 0x41, 0x64, 0x64], 'tensorflow-graphdef'],
  ['a version of neither', [0x08, 0x90, 0x4e, 0x12, 0], undefined],
  ['a number alone', [0x08, 8], undefined],
  ['a node without an op', [0x0a, 3, 0x0a, 1, 0x78], undefined],
  ['fields of neither', [0x08, 8, 0x12, 0, 0x7a, 0], undefined],
  ['no field', [0xff, 0xff], undefined],
  ['nothing', [], undefined],
])('%s', async (_, bytes, kind) => {
  expect(await kindOf(Uint8Array.from(bytes))).toBe(kind)
})

test('a model is told wherever it is cut off behind its first message', async () => {
  const onnx = writeMlp(8, 4, 2)
  const saved = await fixture('tensorflow/keras2/saved_model.pb')
  for (let end = 3; end < onnx.length; end += 7) expect(await kindOf(onnx.subarray(0, end))).toBe('onnx')
  for (let end = 4; end < saved.length; end += 997)
    expect(await kindOf(saved.subarray(0, end))).toBe('tensorflow-savedmodel')
})
