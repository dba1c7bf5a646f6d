import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/index.ts'
import { sourceOf } from '../../src/core/index.ts'
import { openNpz } from '../../src/formats/index.ts'
import { compilePreprocess } from '../../src/model/index.ts'

const FOLDER = new URL('../fixtures/inference/images/', import.meta.url)
const open = (name: string): ReturnType<typeof openNpz> =>
  openNpz(sourceOf(readFileSync(new URL(name, FOLDER))))
/** What torchvision, Keras and OpenCV made of the picture: test/fixtures/inference/images/make_recipes.py. */
const recipes = await open('recipes.npz')
const picture = await (await (await open('resizes.npz')).array('source-big')).read()

const IMAGENET = 'scale: 1/255 }, { normalize: imagenet'

/** Recipes of the field as they are written in ballast.yaml, and how far a value may be from the library's. */
test.each<[string, string, number]>([
  ['torchvision-pil', `{ resize: { shortest: 40 } }, { crop: [31, 31] }, { ${IMAGENET} }`, 1e-6],
  [
    'torchvision-tensor',
    `{ resize: { shortest: 40, like: torch } }, { crop: [31, 31] }, { ${IMAGENET} }`,
    1e-6,
  ],
  [
    'torchvision-bicubic',
    `{ resize: { shortest: 40, filter: bicubic } }, { crop: [31, 31] }, { ${IMAGENET} }`,
    1e-6,
  ],
  [
    'keras-caffe',
    '{ resize: { size: [24, 20], filter: nearest } }, { keras: caffe }, { layout: nhwc }',
    2e-5,
  ],
  ['keras-tf', '{ resize: { size: [24, 20], filter: nearest } }, { keras: tf }, { layout: nhwc }', 1e-6],
  [
    'keras-torch',
    '{ resize: { size: [24, 20], filter: nearest } }, { keras: torch }, { layout: nhwc }',
    1e-6,
  ],
  ['tf-data', '{ resize: { size: [24, 20], like: tensorflow } }, { scale: 1/255 }, { layout: nhwc }', 1e-6],
  ['letterbox', '{ resize: { size: [48, 48], fit: letterbox, like: opencv } }, { scale: 1/255 }', 1e-7],
  ['letterbox-tall', '{ resize: { size: [32, 61], fit: letterbox, like: opencv } }, { scale: 1/255 }', 1e-7],
  [
    'blob',
    '{ channels: bgr }, { resize: { size: [33, 22], filter: area, like: opencv } }, { normalize: { mean: [104, 117, 123], std: [1, 1, 1] } }',
    0,
  ],
])('%s', async (name, steps, bound) => {
  const text = `model:\n  file: model.onnx\n  preprocess: [{ decode: image }, ${steps}]\n`
  const { diagnostics, repository } = parseConfig(text, { defaultBranch: 'main' })
  expect(diagnostics).toEqual([])
  const made = compilePreprocess(repository?.model?.preprocess ?? []).fromArray(picture)
  const expected = await (await recipes.array(name)).read()
  expect(made.shape).toEqual(expected.shape)
  const values = expected.data as Float32Array
  const most = (made.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - values[i]!)),
    0,
  )
  expect(most).toBeLessThanOrEqual(bound)
})
