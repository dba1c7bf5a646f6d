import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Told, toldOf, withModel } from '../../../test/fixtures/tensorflow/world.ts'
import { openTflite, type TfliteModel } from './open.ts'

const FOLDER = join(import.meta.dirname, '../../../test/fixtures/tflite')

interface Expected {
  readonly constants: Record<string, Told & { scale?: number[]; zeroPoint?: number[]; axis?: number }>
  readonly signatures: Record<string, { inputs: string[]; outputs: string[] }>
  readonly subgraphs: number
}

const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'))

describe.each(Object.entries(EXPECTED))('%s.tflite', (name, { constants, signatures, subgraphs }) => {
  test("every constant of the main graph is the interpreter's own", async () => {
    await withModel(join(FOLDER, `${name}.tflite`), openTflite, async model => {
      const found: Record<string, unknown> = {}
      for (const info of model.file.tensors) {
        const { scale, zeroPoint, axis } = info.quantization ?? {}
        found[info.name] = {
          ...(await toldOf(model, info)),
          ...(scale && { scale, zeroPoint, axis: axis ?? 0 }),
        }
      }
      expect(found).toMatchObject(constants)
    })
  })

  test('signatures, subgraphs', async () => {
    await withModel(join(FOLDER, `${name}.tflite`), openTflite, async ({ file }) => {
      const given = [...(file.signature ? [file.signature] : []), ...(file.otherSignatures ?? [])]
      expect(file.graph?.subgraphs.length).toBe(subgraphs - 1)
      for (const [key, { inputs, outputs }] of Object.entries(signatures)) {
        const signature = given.find(one => one.name === key)
        expect(signature?.inputs.map(value => value.name).toSorted()).toEqual(inputs.toSorted())
        expect(signature?.outputs.map(value => value.name).toSorted()).toEqual(outputs.toSorted())
      }
      expect(JSON.parse(JSON.stringify(file))).toEqual(file)
    })
  })
})

test('a quantized model is described', async () => {
  await withModel(join(FOLDER, 'int8.tflite'), openTflite, async ({ file }) => {
    expect(file).toMatchObject({ format: 'tflite', formatVersion: 'v3', framework: 'TensorFlow Lite' })
    expect(file.graph?.operators.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['CONV_2D', 'FULLY_CONNECTED', 'QUANTIZE', 'SOFTMAX']),
    )
  })
})

test("the metadata library's texts, and the files behind the model", async () => {
  await withModel(join(FOLDER, 'metadata.tflite'), openTflite, async ({ file }) => {
    expect(file.metadata).toEqual(
      expect.arrayContaining([
        { key: 'description', value: 'made for a test' },
        { key: 'model name', value: 'A classifier' },
        { key: 'model license', value: 'CC0' },
        { key: 'associated file', value: 'labels.txt' },
      ]),
    )
  })
})

test("TensorFlow's own ops that touch files are told", async () => {
  await withModel(join(FOLDER, 'flex.tflite'), openTflite, async model => {
    expect((model as TfliteModel).hazards).toEqual([
      expect.objectContaining({ op: 'FlexReadFile', kind: 'file-read', subgraph: 'main' }),
    ])
  })
  await withModel(join(FOLDER, 'int8.tflite'), openTflite, async model => {
    expect((model as TfliteModel).hazards).toEqual([])
  })
})
