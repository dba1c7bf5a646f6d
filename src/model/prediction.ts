import type { Tensor } from '../core/index.ts'
import type { AnswerRule } from './answer.ts'
import { ModelError } from './errors.ts'
import { numbersOf } from './numbers.ts'
import { finite, scoresOf, winnerOf } from './scores.ts'
import type { ModelConfig } from './types.ts'

/** How many of the best classes a prediction lists, where model.answer does not say. */
export const TOP_CLASSES = 5
/** The score from which one of many classes counts, where model.answer does not say. */
export const DEFAULT_THRESHOLD = 0.5

export interface ClassScore {
  readonly label: string
  readonly index: number
  /** Probability. */
  readonly score: number
}

/** What a model said about one example. */
export type Prediction =
  | {
      readonly kind: 'class'
      /** The label, or the index as text where the model has no labels. */
      readonly label: string
      /** −1 for a label, given by the model itself, that is not in the configuration. */
      readonly index: number
      /** Probability; absent where the model names a class and gives no scores. */
      readonly score?: number
      /** The best classes, best first; empty where the model gives no scores. */
      readonly top: readonly ClassScore[]
    }
  /** Any number of classes: those that reach the threshold, best first; `top` are the best ones, whether or not. */
  | { readonly kind: 'classes'; readonly classes: readonly ClassScore[]; readonly top: readonly ClassScore[] }
  | {
      readonly kind: 'values'
      readonly values: readonly number[]
      /** One for each value, where the configuration names them. */
      readonly names?: readonly string[]
    }
  | { readonly kind: 'tensor'; readonly tensor: Tensor }

type Rules = Pick<ModelConfig, 'task' | 'labels' | 'answer'>

/** One example's output ([1, …] or without a batch axis) as the task understands it. Throws OUTPUT_INVALID. */
export function toPrediction(row: Tensor, config: Rules): Prediction {
  switch (config.task) {
    case 'generic':
      return { kind: 'tensor', tensor: row }
    case 'regression':
      return valuesOf(row, config.answer?.names)
    case 'classification':
    case 'image-classification':
      return classOf(row, config)
  }
}

function valuesOf(row: Tensor, names: readonly string[] | undefined): Prediction {
  const values = Array.from(finite(row))
  if (names === undefined) return { kind: 'values', values }
  checkCount(values.length, names.length, 'values', 'names')
  return { kind: 'values', values, names }
}

function classOf(row: Tensor, { labels, answer = {} }: Rules): Prediction {
  const scores = scoresOf(row, answer)
  if (!scores) return namedClass(row, labels)
  if (labels.length > 0) checkCount(scores.length, labels.length, 'scores', 'labels')
  const named = (index: number): ClassScore => ({
    label: labels[index] ?? String(index),
    index,
    score: scores[index]!,
  })
  // By the model's own values: two logits may differ by less than their probabilities can.
  const order = row.data.length === scores.length ? numbersOf(row) : scores
  const top = best(order, answer.topK ?? TOP_CLASSES).map(named)
  if (answer.classes === 'many') return { kind: 'classes', classes: reaching(scores, answer).map(named), top }
  const winner = answer.threshold === undefined ? top[0]! : named(winnerOf(scores, answer))
  return { kind: 'class', ...winner, top }
}

function reaching(scores: Float64Array, { threshold = DEFAULT_THRESHOLD }: AnswerRule): readonly number[] {
  const indexes = Array.from(scores.keys()).filter(index => scores[index]! >= threshold)
  return indexes.sort((a, b) => scores[b]! - scores[a]! || a - b)
}

function checkCount(found: number, given: number, what: string, words: string): void {
  if (found === given) return
  throw new ModelError('OUTPUT_INVALID', {
    message: `The model gives ${found} ${what}, and there are ${given} ${words}`,
    hint:
      words === 'labels'
        ? 'Give one label a class, in the order of the outputs, or name another output as model.output.'
        : 'Give one name a value as model.answer.names, or name another output as model.output.',
    details: { [what]: found, [words]: given },
  })
}

function namedClass(row: Tensor, labels: readonly string[]): Prediction {
  const given = row.data[0]!
  if (typeof given === 'string') return { kind: 'class', label: given, index: labels.indexOf(given), top: [] }
  const index = Number(given)
  return { kind: 'class', label: labels[index] ?? String(index), index, top: [] }
}

/** Indexes of the `count` largest scores, largest first, the lower index before its equal. */
function best(scores: ArrayLike<number>, count: number): readonly number[] {
  const top: number[] = []
  for (let index = 0; index < scores.length; index++) {
    let place = top.length
    while (place > 0 && scores[top[place - 1]!]! < scores[index]!) place--
    if (place >= count) continue
    top.splice(place, 0, index)
    if (top.length > count) top.pop()
  }
  return top
}
