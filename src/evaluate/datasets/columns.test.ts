import { expect, test } from 'vitest'
import { openDataset } from '../index.ts'

const FILE = 'test/fixtures/parquet/zstd.parquet'

async function first(options: Parameters<typeof openDataset>[1]) {
  const dataset = await openDataset(FILE, options)
  const truths: unknown[] = []
  let input: unknown
  for await (const batch of dataset.batches(64)) {
    input ??= batch.inputs[0]
    truths.push(...batch.truths)
  }
  await dataset.close()
  return { examples: dataset.examples, input, truths }
}

test('examples of one column, with truths of another', async () => {
  const found = await first({ inputField: 'list', labelField: 'steps' })
  expect(found.examples).toBe(170)
  expect(found.truths).toEqual(Array.from({ length: 170 }, (_, i) => 3 * i - 1000))
  expect(found.input).toMatchObject({ dtype: 'float32', shape: [4], data: expect.any(Float32Array) })
})

test('the only column of lists is the examples; a truth may be a word', async () => {
  const { truths, input } = await first({ inputField: 'numbered', labelField: 'word' })
  expect(input).toEqual({ dtype: 'string', shape: [], data: ['name/00000'] })
  expect(new Set(truths)).toEqual(new Set(['cat', 'dog', '狗', '', 'a longer word of some length']))
})

test.each([
  [{ inputField: 'ragged', labelField: 'steps' }, 'DATASET_UNFIT'],
  [{ inputField: 'holes', labelField: 'steps' }, 'FORMAT_UNSUPPORTED'],
  [{ inputField: 'f32', labelField: 'list' }, 'DATASET_UNFIT'],
  [{ labelField: 'nothing' }, 'DATASET_FIELD_MISSING'],
  [{}, 'DATASET_FIELD_MISSING'],
])('%j is %s', async (options, code) => {
  await expect(first(options)).rejects.toMatchObject({ code })
})
