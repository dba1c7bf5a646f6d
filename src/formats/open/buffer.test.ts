import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FormatsError } from '../errors.ts'
import { PIECE_BYTES, type ReadOptions } from '../ports.ts'
import { type OpenedModel, openModel } from './open.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures')
const FAMILIES = [
  'boosting',
  'gguf',
  'hdf5',
  'keras',
  'numpy',
  'onnx',
  'pickle',
  'pytorch',
  'safetensors',
  'tflite',
]
const ENDINGS = /\.(safetensors|gguf|npy|npz|onnx|pt|h5|keras|tflite|pkl|joblib|ubj)$/

const files = FAMILIES.flatMap(family =>
  readdirSync(join(FIXTURES, family), { recursive: true, encoding: 'utf8' })
    .filter(name => ENDINGS.test(name))
    .map(name => join(family, name)),
)

/** SHA-256 of a tensor's elements, or why they are not read. */
async function digestOf(model: OpenedModel, name: string, options?: ReadOptions): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const piece of model.readTensor(name, options)) hash.update(piece)
  } catch (error) {
    if (error instanceof FormatsError) return error.code
    throw error
  }
  return hash.digest('hex')
}

test.each(files)('%s: tensors read over one another in a buffer are the same', async file => {
  const model = await openModel(join(FIXTURES, file)).catch((error: unknown) => {
    if (error instanceof FormatsError) return undefined
    throw error
  })
  if (!model) return
  const buffer = new Uint8Array(PIECE_BYTES)
  for (const { name } of model.file.tensors)
    expect(await digestOf(model, name, { buffer })).toBe(await digestOf(model, name))
  await model.close()
})
