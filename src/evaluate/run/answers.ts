import { nearestName, type Tensor } from '../../core/index.ts'
import { type ModelConfig, numbersOf, scoresOf, toPrediction, winnerOf } from '../../model/index.ts'
import type { Truth } from '../datasets/types.ts'
import { EvaluateError } from '../errors.ts'
import { logLoss } from '../metrics/quality.ts'

export interface Answer {
  readonly truth: number
  readonly predicted: number
  /** −log p(truth), where the model gives scores. */
  readonly loss?: number
}

/** What the model said of one example beside what is right. `index` is the example's, for messages. */
export function answerOf(row: Tensor, truth: Truth, index: number, config: ModelConfig): Answer | undefined {
  switch (config.task) {
    case 'generic':
      return undefined
    case 'regression':
      return { truth: targetOf(truth, index), predicted: numbersOf(row)[0]! }
    case 'classification':
    case 'image-classification':
      return classAnswer(row, truth, index, config)
  }
}

function classAnswer(row: Tensor, truth: Truth, index: number, config: ModelConfig): Answer {
  const scores = scoresOf(row, config.answer)
  const label = classOf(truth, index, config.labels, scores?.length ?? config.labels.length)
  if (!scores) {
    const named = toPrediction(row, config)
    return { truth: label, predicted: named.kind === 'class' ? named.index : -1 }
  }
  const score = scores[label]!
  const predicted = winnerOf(scores, config.answer)
  // Scores that are told as they are may be no probabilities: they have no logarithm to be judged by.
  const hasLoss = config.answer?.scores !== 'none' || (score >= 0 && score <= 1)
  return { truth: label, predicted, ...(hasLoss && { loss: logLoss(score) }) }
}

/** A class index; a label in words is looked up. `classes` is 0 where nobody knows how many there are. */
function classOf(truth: Truth, index: number, labels: readonly string[], classes: number): number {
  const byName = labels.indexOf(String(truth))
  // Classes that are numbers themselves, as scikit-learn has them: 3 is the class called so, wherever it stands.
  if (byName >= 0 && (typeof truth === 'string' || labels.every(isNumber))) return byName
  const number = typeof truth === 'number' ? truth : Number.NaN
  if (Number.isInteger(number) && number >= 0 && (classes === 0 || number < classes) && number < MAX_CLASSES)
    return number
  const nearest = typeof truth === 'string' ? nearestName(truth, labels) : undefined
  const expected = classes > 0 ? `a class from 0 to ${classes - 1}` : 'a class index'
  throw new EvaluateError('DATASET_LABEL_RANGE', {
    message: `Example ${index}: expected ${expected}${labels.length > 0 ? ' or a label' : ''}, found the truth '${truth}'`,
    hint: nearest
      ? `Did you mean '${nearest}'?`
      : 'Check evaluate.labelField and model.labels in ballast.yaml.',
    details: { example: index, truth },
  })
}

const isNumber = (label: string): boolean => /^-?\d+$/.test(label)

/** Extreme classification has a million classes; beyond that a number is no class but a value. */
const MAX_CLASSES = 1_000_000

function targetOf(truth: Truth, index: number): number {
  if (typeof truth === 'number' && Number.isFinite(truth)) return truth
  throw new EvaluateError('DATASET_LABEL_RANGE', {
    message: `Example ${index}: expected a number as the truth, found '${truth}'`,
    hint: 'Regression needs values; check evaluate.labelField and model.task.',
    details: { example: index },
  })
}
