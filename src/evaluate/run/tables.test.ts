import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, type Tensors } from '../../core/index.ts'
import type { ModelConfig, ModelSession, TensorSpec } from '../../model/index.ts'
import { evaluateModel, openDataset } from '../index.ts'
import { float32, npy, npz } from '../testing.ts'

const PARQUET = 'test/fixtures/inference/table/passengers.parquet'
const CONFIG: ModelConfig = { name: 'toy', task: 'classification', labels: ['old', 'young'], preprocess: [] }
const AGE: TensorSpec = { name: 'age', dtype: 'float32', shape: ['N', 1] }
const CITY: TensorSpec = { name: 'city', dtype: 'string', shape: ['N', 1] }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-tables-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Says `young` where the first input's value is below 40; keeps what it was given. */
function aModel(...inputs: readonly TensorSpec[]): ModelSession & { readonly given: Tensors[] } {
  const given: Tensors[] = []
  return {
    given,
    signature: { inputs, outputs: [{ name: 'p', dtype: 'float32', shape: ['N', 2] }] },
    async run(tensors) {
      given.push(tensors)
      const { data, shape } = tensors[inputs[0]!.name]!
      const width = shape.slice(1).reduce((a, b) => a * b, 1)
      const ages = Array.from({ length: shape[0]! }, (_, row) => Number(data[row * width]))
      return {
        p: float32(
          [ages.length, 2],
          ages.flatMap(age => (age < 40 ? [0, 1] : [1, 0])),
        ),
      }
    },
    async close() {},
  }
}

async function evaluated(
  name: string,
  content: string,
  model: ModelSession,
  more: Partial<ModelConfig> = {},
) {
  const path = join(folder, name)
  await writeFile(path, content)
  const dataset = await openDataset(path, { labelField: 'who', rows: 'allowed' })
  try {
    return await evaluateModel(model, { ...CONFIG, ...more }, dataset, { modelDigest: digestOf('toy') })
  } finally {
    await dataset.close()
  }
}

const CSV = 'id,city,age,who\n1,Rome,31,young\n2,"Paris, 5e",52,old\n3,,39,old\n'
const JSONL = [
  { who: 'young', age: 31, city: 'Rome' },
  { age: '52', city: 'Paris, 5e', who: 'old' },
  { city: '', age: 39, who: 'old' },
]
  .map(row => JSON.stringify(row))
  .join('\n')

test.each([
  ['rows.csv', CSV],
  ['rows.jsonl', JSONL],
])('%s: an input for each column, by their names', async (name, content) => {
  const model = aModel(AGE, CITY)
  const { evaluation, rows } = await evaluated(name, content, model)
  expect(evaluation.metrics.accuracy).toBeCloseTo(2 / 3, 9)
  expect(Array.from(rows.predicted)).toEqual([1, 0, 1])
  expect(model.given[0]).toEqual({
    age: float32([3, 1], [31, 52, 39]),
    city: { dtype: 'string', shape: [3, 1], data: ['Rome', 'Paris, 5e', ''] },
  })
})

test('columns of the configuration make the vector, the same as in serving', async () => {
  const model = aModel({ name: 'x', dtype: 'float32', shape: ['N', 3] })
  const columns = [
    { name: 'age', type: 'float' },
    {
      name: 'city',
      type: 'category',
      values: ['Rome', 'Paris, 5e'],
      encoding: 'one-hot',
      missing: { kind: 'ignore' },
    },
  ] as const
  const { evaluation } = await evaluated('vector.csv', CSV, model, { columns })
  expect(evaluation.metrics.accuracy).toBeCloseTo(2 / 3, 9)
  expect(model.given[0]!['x']).toEqual(float32([3, 3], [31, 1, 0, 52, 0, 1, 39, 0, 0]))
})

test('a model of fixed batch is fed whole batches', async () => {
  const model = aModel({ ...AGE, shape: [2, 1] }, { ...CITY, shape: [2, 1] })
  const { rows } = await evaluated('fixed.csv', CSV, model)
  expect(Array.from(rows.predicted)).toEqual([1, 0, 1])
  expect(model.given[1]!['city']!.data).toEqual(['', ''])
})

test('Parquet: the columns that the model has, among others', async () => {
  const dataset = await openDataset(PARQUET, { labelField: 'survived', rows: 'allowed' })
  const model = aModel(AGE, { ...CITY, name: 'port' }, { name: 'adult', dtype: 'bool', shape: ['N', 1] })
  const config = { ...CONFIG, labels: ['yes', 'no'] }
  await evaluateModel(model, config, dataset, { modelDigest: digestOf('toy'), limit: 3 })
  await dataset.close()
  // The first rows of passengers.csv that have an age.
  expect(model.given[0]).toEqual({
    age: float32([3, 1], [71.8, 62.2, 18.4]),
    port: { dtype: 'string', shape: [3, 1], data: ['Southampton', 'Queen\'s, "Town"', 'Queen\'s, "Town"'] },
    adult: { dtype: 'bool', shape: [3, 1], data: Uint8Array.of(1, 0, 1) },
  })
})

test.each([
  [
    'a cell',
    'age,city,who\nmuch,Rome,old\n',
    {},
    /cell\.csv:2, column 'age': expected a number, found 'much'/,
  ],
  ['a name', 'agee,city,who\n1,Rome,old\n', {}, /The column 'age' is missing/],
  [
    'no columns',
    'age,city,who\n1,Rome,old\n',
    { one: true },
    /column 'city': expected a number|expected a number/,
  ],
])('%s that does not fit is DATASET_UNFIT', async (_, content, { one }: { one?: boolean }, message) => {
  const model = one ? aModel({ name: 'x', dtype: 'float32', shape: ['N', 2] }) : aModel(AGE, CITY)
  await expect(evaluated('cell.csv', content, model)).rejects.toMatchObject({
    code: 'DATASET_UNFIT',
    message: expect.stringMatching(message),
  })
})

test('a model of texts takes the only column beside the truth, also where it looks like numbers', async () => {
  const texts = { name: 'input', dtype: 'string', shape: ['N'] } as const
  for (const content of ['text,who\n31,young\n52,old\n', 'text,who\n"3,1",young\nold,old\n']) {
    const model = aModel(texts)
    await evaluated('texts.csv', content, model)
    expect(model.given[0]!['input']).toMatchObject({ dtype: 'string', shape: [2] })
  }
  await expect(evaluated('texts.csv', 'a,b,who\n1,2,old\n', aModel(texts))).rejects.toMatchObject({
    code: 'DATASET_UNFIT',
    message: expect.stringMatching(/one text beside the truth, found a, b/),
  })
})

test('arrays of a .npz go to the inputs of their names', async () => {
  const path = join(folder, 'several.npz')
  const ages = Float64Array.of(31, 52, 39)
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i)
  const arrays = { age: npy('float64', [3], ages), pixels: npy('uint8', [3, 2, 2], pixels) }
  await writeFile(path, npz({ ...arrays, labels: npy('int64', [3], BigInt64Array.of(1n, 0n, 1n)) }))
  const model = aModel(AGE, { name: 'pixels', dtype: 'float32', shape: ['N', 2, 2] })
  const dataset = await openDataset(path, { rows: 'allowed' })
  const { evaluation } = await evaluateModel(model, CONFIG, dataset, {
    modelDigest: digestOf('toy'),
    batch: 2,
  })
  expect(evaluation.metrics.accuracy).toBe(1)
  expect(model.given[1]).toEqual({
    age: float32([1, 1], [39]),
    pixels: float32([1, 2, 2], [8, 9, 10, 11]),
  })
  const missing = evaluateModel(aModel(AGE, CITY), CONFIG, dataset, { modelDigest: digestOf('toy') })
  await expect(missing).rejects.toMatchObject({
    code: 'DATASET_UNFIT',
    message: expect.stringMatching(/no array 'city'.*it has age, pixels/),
  })
  await dataset.close()
  await expect(openDataset(path)).rejects.toMatchObject({ code: 'DATASET_FIELD_MISSING' })
})

test('inputs that are no columns are named as before', async () => {
  const image: TensorSpec = { name: 'image', dtype: 'float32', shape: ['N', 3, 8, 8] }
  await expect(evaluated('cell.csv', 'a,b,who\n1,2,old\n', aModel(image, AGE))).rejects.toMatchObject({
    code: 'PORT_UNKNOWN',
  })
})
