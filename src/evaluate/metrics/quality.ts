import type { ClassReport, Evaluation, EvaluationRows } from '../types.ts'
import { ClassTally } from './classes.ts'

/** A larger confusion matrix is left out of the record: nobody reads 10,000 cells, and every page would carry them. */
export const MAX_CONFUSION_CLASSES = 100

export type Quality = Pick<Evaluation, 'metrics' | 'classes' | 'confusion'>

/** Accuracy, macro averages, log loss, per-class figures and confusion. Truths are class indexes ≥ 0. */
export function classificationQuality(rows: EvaluationRows, labels: readonly string[]): Quality {
  const tally = new ClassTally(classCount(rows, labels.length))
  for (let row = 0; row < rows.truth.length; row++) tally.add(rows.truth[row]!, rows.predicted[row]!)
  if (rows.truth.length === 0) return { metrics: {}, classes: [], confusion: [] }
  return {
    metrics: {
      accuracy: tally.accuracy,
      precision_macro: tally.macro('precision'),
      recall_macro: tally.macro('recall'),
      f1_macro: tally.macro('f1'),
      ...(rows.loss && { log_loss: meanOf(rows.loss) }),
    },
    classes: Array.from(
      tally.truths,
      (support, label): ClassReport => ({
        label: labels[label] ?? String(label),
        support,
        precision: tally.precision(label),
        recall: tally.recall(label),
        f1: tally.f1(label),
      }),
    ),
    confusion: confusionOf(rows, tally.truths.length),
  }
}

/** Mean absolute error and root mean squared error, in the target's unit. */
export function regressionQuality({ truth, predicted }: EvaluationRows): Quality {
  const n = truth.length
  if (n === 0) return { metrics: {}, classes: [], confusion: [] }
  let [absolute, squared] = [0, 0]
  for (let row = 0; row < n; row++) {
    const error = predicted[row]! - truth[row]!
    absolute += Math.abs(error)
    squared += error * error
  }
  return { metrics: { mae: absolute / n, rmse: Math.sqrt(squared / n) }, classes: [], confusion: [] }
}

/** Probabilities are clipped here, so that one certain mistake costs 34.5 nats and not infinity. */
const LEAST_PROBABILITY = 1e-15

/** −ln p(truth). */
export function logLoss(probability: number): number {
  return -Math.log(Math.min(1, Math.max(LEAST_PROBABILITY, probability)))
}

/** Classes that the rows or the labels know of. */
export function classCount({ truth, predicted }: EvaluationRows, labels: number): number {
  let classes = labels
  for (let row = 0; row < truth.length; row++)
    classes = Math.max(classes, truth[row]! + 1, predicted[row]! + 1)
  return classes
}

/** rows: truth, columns: predicted. Predictions of no known class are in none. */
function confusionOf({ truth, predicted }: EvaluationRows, classes: number): readonly (readonly number[])[] {
  if (classes > MAX_CONFUSION_CLASSES) return []
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let row = 0; row < truth.length; row++) {
    const guess = predicted[row]!
    if (guess >= 0) matrix[truth[row]!]![guess]!++
  }
  return matrix
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
