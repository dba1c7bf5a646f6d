import { describe, expect, test } from 'vitest'
import { digestOf, type Tensor } from '../../core/index.ts'
import { type ModelConfig, type ModelSession, numbersOf, type TensorSpec } from '../../model/index.ts'
import { type Dataset, evaluateModel, type Truth } from '../index.ts'
import { float32 } from '../testing.ts'

const CONFIG: ModelConfig = { name: 'toy', task: 'classification', labels: ['low', 'high'], preprocess: [] }
const OPTIONS = { modelDigest: digestOf('toy'), modelSize: 1234 }

/** Says class 1 with a probability equal to the example's first value; keeps the sizes of its runs. */
function aModel(shape: TensorSpec['shape'] = ['N', 2]): ModelSession & { readonly batches: number[] } {
  const batches: number[] = []
  const input = { name: 'x', dtype: 'float32', shape } as const
  return {
    batches,
    signature: { inputs: [input], outputs: [{ name: 'p', dtype: 'float32', shape: ['N', 2] }] },
    async run({ x }) {
      const count = shape.length === 1 ? 1 : x!.shape[0]!
      batches.push(count)
      const values = numbersOf(x!)
      const first = Array.from({ length: count }, (_, row) => values[(row * values.length) / count]!)
      return {
        p: float32(
          [count, 2],
          first.flatMap(p => [1 - p, p]),
        ),
      }
    },
    async close() {},
  }
}

function aDataset(inputs: readonly Tensor[], truths: readonly Truth[]): Dataset {
  return {
    name: 'toy data',
    examples: inputs.length,
    digest: digestOf('toy data'),
    async *batches(size) {
      for (let i = 0; i < inputs.length; i += size)
        yield { inputs: inputs.slice(i, i + size), truths: truths.slice(i, i + size) }
    },
    async close() {},
  }
}

const example = (p: number): Tensor => float32([2], [p, 0])
const FOUR = [0.9, 0.2, 0.6, 0.4].map(example)

test('a classifier: metrics, rows, latency and size', async () => {
  const progress: string[] = []
  const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`)
  const { evaluation, rows } = await evaluateModel(aModel(), CONFIG, aDataset(FOUR, [1, 0, 0, 'low']), {
    ...OPTIONS,
    batch: 3,
    onProgress,
  })
  expect(Array.from(rows.truth)).toEqual([1, 0, 0, 0])
  expect(Array.from(rows.predicted)).toEqual([1, 0, 1, 0])
  const loss = [0.9, 0.8, 0.4, 0.6].map(p => -Math.log(p))
  expect(rows.loss![2]).toBeCloseTo(loss[2]!, 5)
  expect(evaluation).toMatchObject({
    examples: 4,
    metrics: { accuracy: 0.75, size: 1234 },
    latency: { runs: 200, batch: 1, threads: 1 },
    confusion: [
      [2, 1],
      [0, 1],
    ],
  })
  expect(evaluation.metrics.log_loss).toBeCloseTo(loss.reduce((a, b) => a + b) / 4, 5)
  expect(evaluation.metrics.latency_p50).toBeLessThanOrEqual(evaluation.metrics.latency_p99!)
  expect(evaluation.classes.map(report => report.label)).toEqual(['low', 'high'])
  expect(progress).toEqual(['3/4', '4/4'])
})

test('a limit takes the first examples', async () => {
  const { evaluation, rows } = await evaluateModel(aModel(), CONFIG, aDataset(FOUR, [1, 0, 0, 0]), {
    ...OPTIONS,
    limit: 2,
  })
  expect([evaluation.examples, rows.truth.length, evaluation.metrics.accuracy]).toEqual([2, 2, 1])
})

describe('models that take examples their own way', () => {
  test.each([
    { shape: ['N', 2], sizes: [4] },
    { shape: [1, 2], sizes: [1, 1, 1, 1] },
    { shape: [3, 2], sizes: [3, 3] },
    { shape: ['N', 1, 2, 1], sizes: [4] },
  ] as const)('$shape', async ({ shape, sizes }) => {
    const model = aModel(shape)
    const { rows } = await evaluateModel(model, CONFIG, aDataset(FOUR, [1, 0, 1, 0]), OPTIONS)
    expect(Array.from(rows.predicted)).toEqual([1, 0, 1, 0])
    expect(model.batches.slice(0, sizes.length)).toEqual(sizes)
  })
})

test('a regression', async () => {
  const value: ModelSession = {
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 1] }],
    },
    async run({ x }) {
      const values = numbersOf(x!)
      return {
        y: float32(
          [x!.shape[0]!, 1],
          Array.from({ length: x!.shape[0]! }, (_, row) => values[row * 2]!),
        ),
      }
    },
    async close() {},
  }
  const config = { ...CONFIG, task: 'regression', labels: [] } as const
  const { evaluation } = await evaluateModel(
    value,
    config,
    aDataset([example(1), example(2)], [1, 5]),
    OPTIONS,
  )
  expect(evaluation.metrics).toMatchObject({ mae: 1.5, rmse: Math.sqrt(4.5) })
})

test.each([
  ['no example', [], [], 'DATASET_EMPTY'],
  ['a class that the model does not have', FOUR, [0, 1, 2, 0], 'DATASET_LABEL_RANGE'],
  ['a label that is not in the list', FOUR, [0, 1, 'hihg', 0], 'DATASET_LABEL_RANGE'],
  ['half a class', FOUR, [0.5, 1, 1, 0], 'DATASET_LABEL_RANGE'],
  ['examples of another shape', [float32([3], [1, 2, 3])], [0], 'DATASET_UNFIT'],
  ['examples of text', [{ dtype: 'string', shape: [], data: ['a'] }], [0], 'DATASET_UNFIT'],
] as const)('%s is refused', async (_, inputs, truths, code) => {
  await expect(evaluateModel(aModel(), CONFIG, aDataset(inputs, truths), OPTIONS)).rejects.toMatchObject({
    code,
  })
})

test('the nearest label is named', async () => {
  const dataset = aDataset(FOUR, ['low', 'high', 'hihg', 'low'])
  await expect(evaluateModel(aModel(), CONFIG, dataset, OPTIONS)).rejects.toMatchObject({
    message: expect.stringContaining('Example 2'),
    hint: "Did you mean 'high'?",
  })
})

test('an aborted evaluation stops with the reason', async () => {
  const abort = new AbortController()
  abort.abort(new Error('canceled by ada'))
  const options = { ...OPTIONS, signal: abort.signal }
  await expect(evaluateModel(aModel(), CONFIG, aDataset(FOUR, [0, 0, 0, 0]), options)).rejects.toThrow(
    'canceled by ada',
  )
})
