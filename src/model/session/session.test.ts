import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bytes,
  int,
  join as joinParts,
  message,
  model,
  node,
  tensor,
  value,
} from '../../../test/hostile/formats/onnx-bytes.ts'
import type { Tensor } from '../../core/index.ts'
import { splitBatch, stackBatch } from '../batch.ts'
import { compilePreprocess } from '../preprocess/preprocessor.ts'
import type { ModelSession } from '../types.ts'
import { loadOnnx } from './load.ts'

const DIGITS = new URL('../../../examples/digits/model.onnx', import.meta.url).pathname
const float = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-model-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function load(content: Uint8Array): Promise<ModelSession> {
  const path = join(folder, `${Math.random()}.onnx`)
  await writeFile(path, content)
  return loadOnnx(path)
}

describe('y = x + [1, 2]', () => {
  test('runs, says what it takes, and closes', async () => {
    const session = await load(model())
    expect(session.signature).toEqual({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 2] }],
    })
    const { y } = await session.run({ x: float([2, 2], 1, 2, 3, 4) })
    expect(y).toEqual(float([2, 2], 2, 4, 4, 6))
    await session.close()
    await session.close()
    await expect(session.run({ x: float([1, 2], 1, 2) })).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
  })

  test.each<[string, Record<string, Tensor>, string, string]>([
    ['nothing', {}, 'INPUT_MISSING', 'The input x float32[N, 2] is missing; found none'],
    ['another rank', { x: float([2], 1, 2) }, 'INPUT_SHAPE', 'Expected x float32[N, 2], found x float32[2]'],
    [
      'another size',
      { x: float([1, 3], 1, 2, 3) },
      'INPUT_SHAPE',
      'Expected x float32[N, 2], found x float32[1, 3]',
    ],
    [
      'fewer elements',
      { x: float([2, 2], 1, 2, 3) },
      'INPUT_SHAPE',
      'The shape of x float32[2, 2] does not hold its 3 elements',
    ],
    [
      'a negative size',
      { x: float([-1, 2], 1, 2) },
      'INPUT_SHAPE',
      'The shape of x float32[-1, 2] does not hold its 2 elements',
    ],
    [
      'another type',
      { x: { dtype: 'float64', shape: [1, 2], data: Float64Array.of(1, 2) } },
      'INPUT_DTYPE',
      'Expected x float32[N, 2], found x float64[1, 2]',
    ],
    [
      'one too many',
      { x: float([1, 2], 1, 2), z: float([1], 1) },
      'PORT_UNKNOWN',
      "The model has no input 'z'; it has x float32[N, 2]",
    ],
  ])('given %s, it says what it wants', async (_, inputs, code, message) => {
    const session = await load(model())
    await expect(session.run(inputs)).rejects.toMatchObject({ code, message })
    await session.close()
  })

  test('an output that is not there', async () => {
    const session = await load(model())
    await expect(session.run({ x: float([1, 2], 1, 2) }, ['z'])).rejects.toMatchObject({
      code: 'PORT_UNKNOWN',
    })
    await session.close()
  })
})

test('float16 goes in and out as raw bits', async () => {
  const half = 10
  const type = (name: string) =>
    joinParts(bytes(1, name), message(2, message(1, int(1, half), message(2, message(1, int(1, 2))))))
  const raw = new Uint8Array(Float16Array.of(0.5, 2).buffer)
  const content = model({
    graph: [
      message(1, node('Add')),
      bytes(2, 'sum'),
      message(5, tensor({ dtype: half, raw })),
      message(11, type('x')),
      message(12, type('y')),
    ],
  })
  const session = await load(content)
  const x: Tensor = { dtype: 'float16', shape: [2], data: new Uint16Array(Float16Array.of(1, 1).buffer) }
  const { y } = await session.run({ x })
  expect(y).toEqual({ dtype: 'float16', shape: [2], data: new Uint16Array(Float16Array.of(1.5, 3).buffer) })
  await session.close()
})

describe('not loaded, with the reason', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['text', Buffer.from('hello'), /a text file/],
    ['half a model', model().subarray(0, 60), /the file ends at 60/],
    [
      'an operator that is none',
      model({
        graph: [
          message(1, node('Sing')),
          bytes(2, 'g'),
          message(5, tensor({})),
          message(11, value('x', [2])),
          message(12, value('y', [2])),
        ],
      }),
      /Sing/,
    ],
    [
      'external data above',
      model({ graph: [message(5, tensor({ external: { location: '../w' } }))] }),
      /climbs out/,
    ],
    [
      'external data that is not there',
      model({ graph: [message(5, tensor({ external: { location: 'w' } }))] }),
      /no file/,
    ],
  ])('%s', async (_, content, message) => {
    await expect(load(content)).rejects.toMatchObject({
      code: 'MODEL_UNLOADABLE',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  test('external data through a link that leads out', async () => {
    await symlink('/etc/hostname', join(folder, 'link'))
    const content = model({ graph: [message(5, tensor({ external: { location: 'link' } }))] })
    await expect(load(content)).rejects.toMatchObject({
      code: 'MODEL_UNLOADABLE',
      message: expect.stringMatching(/leads out/),
    })
  })

  test('nothing at all', async () => {
    await expect(loadOnnx(join(folder, 'missing.onnx'))).rejects.toMatchObject({ code: 'MODEL_UNLOADABLE' })
  })
})

test('a batch gives what its examples give alone', async () => {
  const session = await loadOnnx(DIGITS)
  const preprocessor = compilePreprocess([{ kind: 'grayscale' }, { kind: 'scale', factor: 1 / 255 }])
  const examples = [3, 5, 7].map(step =>
    preprocessor.fromArray({
      dtype: 'uint8',
      shape: [28, 28],
      data: new Uint8Array(784).map((_, i) => (i * step) % 256),
    }),
  )
  const { logits: together } = await session.run({ image: stackBatch(examples) })
  const rows = splitBatch(together!, examples.length)
  for (const [index, example] of examples.entries()) {
    const { logits: alone } = await session.run({ image: example })
    expect(rows[index]!.shape).toEqual(alone!.shape)
    Array.from(alone!.data as Float32Array).forEach((score, i) => {
      expect((rows[index]!.data as Float32Array)[i]).toBeCloseTo(score, 4)
    })
  }
  await session.close()
})
