import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { memoryInput } from '../../../test/fixtures/model-input.ts'
import { relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { sourceOf, type Tensor } from '../../core/index.ts'
import { type OpenedModel, openNpz, openZip } from '../../formats/index.ts'
import { openTflite } from '../../formats/tflite/index.ts'
import { convertTflite } from './index.ts'

const FIXTURES = new URL('../../../test/fixtures/convert/tflite/', import.meta.url)
const FLOAT = [
  'elements',
  'pairs',
  'shapes',
  'reductions',
  'images',
  'products',
  'branches',
  'network',
  'network-float16',
]
/** Whole numbers: an answer may be a step beside, where it lies between two. */
const QUANTIZED = ['network-int8', 'network-int8-io', 'network-uint8-io', 'network-16x8']

let arrays: ReadonlyMap<string, Tensor>
let models: ReadonlyMap<string, Uint8Array>
beforeAll(async () => {
  const npz = await openNpz(sourceOf(await readFile(new URL('expected.npz', FIXTURES)), 'expected.npz'))
  arrays = new Map(
    await Promise.all(npz.names.map(async name => [name, await (await npz.array(name)).read()] as const)),
  )
  const zip = await openZip(sourceOf(await readFile(new URL('models.zip', FIXTURES)), 'models.zip'))
  models = new Map(
    await Promise.all(
      zip.entries.map(async ({ name }) => {
        const source = await zip.open(name)
        return [name.replace('.tflite', ''), Uint8Array.from(await source.read(0, source.size))] as const
      }),
    ),
  )
})

async function converted(bytes: Uint8Array) {
  const input = memoryInput(bytes, 'model.tflite')
  const model = { ...(await openTflite(input)), input } as unknown as OpenedModel
  return (await convertTflite(model, {})).model
}

const listed = (name: string, kind: 'in' | 'out'): readonly Tensor[] =>
  Array.from({ length: 100 }, (_, i) => arrays.get(`${name}/${kind}${i}`)).filter(
    tensor => tensor !== undefined,
  )

async function answers(name: string): Promise<readonly (readonly [actual: Tensor, expected: Tensor])[]> {
  const model = await converted(models.get(name)!)
  const { inputs, outputs } = model.graph
  const given = listed(name, 'in')
  expect(inputs.length).toBe(given.length)
  const results = await runOnnx(model, Object.fromEntries(inputs.map((input, i) => [input.name, given[i]!])))
  const expected = listed(name, 'out')
  expect(outputs.length).toBe(expected.length)
  return outputs.map((output, i) => [results[output.name]!, expected[i]!] as const)
}

test('every model of the fixture is tried', () => {
  expect([...models.keys()].toSorted()).toEqual([...FLOAT, ...QUANTIZED, 'network-dynamic'].toSorted())
})

describe('what the interpreter answers', () => {
  test.each(FLOAT)('%s', async name => {
    const wrong = (await answers(name)).flatMap(([actual, expected], i) => {
      const error = relativeError(actual, expected)
      const told = `${i}: ${actual.dtype} [${actual.shape}] for ${expected.dtype} [${expected.shape}], ${error}`
      return actual.dtype === expected.dtype && error < 1e-4 ? [] : [told]
    })
    expect(wrong).toEqual([])
  })

  test.each(QUANTIZED)('%s, within a step of its scale', async name => {
    for (const [actual, expected] of await answers(name)) {
      expect([actual.dtype, actual.shape]).toEqual([expected.dtype, expected.shape])
      // Scores of 8 bits have steps of 1/256.
      const step = expected.dtype === 'float32' ? 1 / 256 : 1
      const away = Array.from<number | bigint | string, number>(expected.data, (wanted, i) =>
        Math.abs(Number(actual.data[i]) - Number(wanted)),
      )
      expect(Math.max(...away)).toBeLessThanOrEqual(step * 1.001)
      expect(away.filter(difference => difference > 0).length).toBeLessThan(away.length / 2)
    }
  })

  test('network-dynamic: activations stay real here, and are rounded by the interpreter', async () => {
    for (const [actual, expected] of await answers('network-dynamic'))
      expect(relativeError(actual, expected)).toBeLessThan(0.02)
  })
})
