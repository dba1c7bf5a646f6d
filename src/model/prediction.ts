import type { Tensor } from '../core/index.ts'
import { ModelError } from './errors.ts'
import { isWhole, numbersOf } from './numbers.ts'
import type { ModelConfig } from './types.ts'

/** How many of the best classes a prediction lists. */
export const TOP_CLASSES = 5
/** Scores that sum to one within this are probabilities already; float16 outputs are off by some 1e-4. */
const SUM_TOLERANCE = 1e-3

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
  | { readonly kind: 'values'; readonly values: readonly number[] }
  | { readonly kind: 'tensor'; readonly tensor: Tensor }

/** One example's output ([1, …] or without a batch axis) as the task understands it. Throws OUTPUT_INVALID. */
export function toPrediction(row: Tensor, config: Pick<ModelConfig, 'task' | 'labels'>): Prediction {
  switch (config.task) {
    case 'generic':
      return { kind: 'tensor', tensor: row }
    case 'regression':
      return { kind: 'values', values: finite(row) }
    case 'classification':
    case 'image-classification':
      return classOf(row, config.labels)
  }
}

/**
 * Probabilities of the classes: values that are probabilities already (each in 0…1, sum 1 within 1e-3) as they
 * are, others through a softmax; a single value through a sigmoid where it is not in 0…1, as [1 − p, p].
 * Undefined where the model names a class (one whole number or string) and gives no scores.
 */
export function scoresOf(row: Tensor): Float64Array | undefined {
  if (namesClass(row)) return undefined
  const values = finite(row)
  const only = values[0]!
  if (values.length === 1) {
    const p = only >= 0 && only <= 1 ? only : 1 / (1 + Math.exp(-only))
    return Float64Array.of(1 - p, p)
  }
  return areProbabilities(values) ? Float64Array.from(values) : softmax(values)
}

function classOf(row: Tensor, labels: readonly string[]): Prediction {
  const scores = scoresOf(row)
  if (!scores) return namedClass(row, labels)
  if (labels.length > 0 && labels.length !== scores.length) {
    throw new ModelError('OUTPUT_INVALID', {
      message: `The model gives ${scores.length} scores, and there are ${labels.length} labels`,
      hint: 'Give one label a class, in the order of the outputs, or name another output as model.output.',
      details: { scores: scores.length, labels: labels.length },
    })
  }
  // By the model's own values: two logits may differ by less than their probabilities can.
  const order = row.data.length === scores.length ? numbersOf(row) : scores
  const top = best(order, TOP_CLASSES).map(index => ({
    label: labels[index] ?? String(index),
    index,
    score: scores[index]!,
  }))
  const winner = top[0]!
  return { kind: 'class', ...winner, top }
}

function namedClass(row: Tensor, labels: readonly string[]): Prediction {
  const given = row.data[0]!
  if (typeof given === 'string') return { kind: 'class', label: given, index: labels.indexOf(given), top: [] }
  const index = Number(given)
  return { kind: 'class', label: labels[index] ?? String(index), index, top: [] }
}

function namesClass({ dtype, data }: Tensor): boolean {
  return data.length === 1 && (dtype === 'string' || isWhole(dtype))
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

function areProbabilities(values: readonly number[]): boolean {
  let sum = 0
  for (const value of values) {
    if (value < 0 || value > 1 + SUM_TOLERANCE) return false
    sum += value
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE
}

function softmax(values: readonly number[]): Float64Array {
  const max = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = Float64Array.from(values, value => Math.exp(value - max))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}

/** NaN and +∞ are no answer; −∞ is an honest logit of an impossible class, but not a value. */
function finite(row: Tensor): readonly number[] {
  const values = Array.from(numbersOf(row))
  const bad = values.find(value => Number.isNaN(value) || value === Number.POSITIVE_INFINITY)
  const hopeless = values.every(value => value === Number.NEGATIVE_INFINITY)
  if (bad === undefined && !hopeless) return values
  throw new ModelError('OUTPUT_INVALID', {
    message:
      values.length === 0 ? 'The output is empty' : `The output holds ${bad ?? Number.NEGATIVE_INFINITY}`,
    hint: 'The model overflowed on this example, or its preprocessing is not the one it was trained with.',
    details: { shape: row.shape },
  })
}
