import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classificationQuality, logLoss, regressionQuality } from './quality.ts'
import { RowCollector } from './rows.ts'

interface Reference {
  readonly classification: Readonly<
    Record<string, readonly number[] & number & readonly (readonly number[])[]>
  >
  readonly regression: {
    readonly truth: number[]
    readonly predicted: number[]
    readonly mae: number
    readonly rmse: number
  }
}
/** Made by test/fixtures/statistics/make.py with scikit-learn. */
const reference: Reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/statistics/reference.json', import.meta.url), 'utf8'),
)

test('classification, as scikit-learn has it (a class that is predicted and never true included)', () => {
  const { truth, predicted, confusion, ...expected } = reference.classification
  const quality = classificationQuality({ truth: truth!, predicted: predicted! }, [])
  for (const metric of ['accuracy', 'precision_macro', 'recall_macro', 'f1_macro'] as const)
    expect(quality.metrics[metric]).toBeCloseTo(expected[metric]!, 12)
  for (const figure of ['precision', 'recall', 'f1', 'support'] as const)
    quality.classes.forEach((report, label) => {
      expect(report[figure]).toBeCloseTo(expected[figure]![label]!, 12)
    })
  expect(quality.confusion).toEqual(confusion)
})

test('log loss, as scikit-learn has it', () => {
  const { truth, predicted, scores, log_loss } = reference.classification
  const rows = new RowCollector()
  truth!.forEach((label, row) => {
    rows.add(label, predicted![row]!, logLoss(scores![row]![label]!))
  })
  expect(classificationQuality(rows.rows(), []).metrics.log_loss).toBeCloseTo(log_loss!, 12)
})

test('regression, as scikit-learn has it', () => {
  const { truth, predicted, mae, rmse } = reference.regression
  const { metrics } = regressionQuality({ truth, predicted })
  expect(metrics.mae).toBeCloseTo(mae, 12)
  expect(metrics.rmse).toBeCloseTo(rmse, 12)
})

test('a certain mistake costs much, not infinitely', () => {
  expect(logLoss(0)).toBeCloseTo(34.54, 2)
  expect(logLoss(1)).toBe(-0)
})

test('without examples there are no metrics, not zeros', () => {
  expect(classificationQuality({ truth: [], predicted: [] }, ['a']).metrics).toEqual({})
  expect(regressionQuality({ truth: [], predicted: [] }).metrics).toEqual({})
})

test('a label that the model made up is wrong, and no class', () => {
  const { metrics, confusion } = classificationQuality({ truth: [0, 1], predicted: [-1, 1] }, ['a', 'b'])
  expect(metrics.accuracy).toBe(0.5)
  expect(confusion).toEqual([
    [0, 0],
    [0, 1],
  ])
})

test('rows grow as they come, and have losses only if all have one', () => {
  const rows = new RowCollector()
  for (let i = 0; i < 3000; i++) rows.add(i, i + 1, i === 2999 ? undefined : 0.5)
  const { truth, predicted, loss } = rows.rows()
  expect([truth.length, truth[2999], predicted[2999], loss]).toEqual([3000, 2999, 3000, undefined])
})
