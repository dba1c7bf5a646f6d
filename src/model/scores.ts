import type { Tensor } from '../core/index.ts'
import type { AnswerRule } from './answer.ts'
import { ModelError } from './errors.ts'
import { isWhole, numbersOf } from './numbers.ts'

/** Scores that sum to one within this are probabilities already; float16 outputs are off by some 1e-4. */
export const SUM_TOLERANCE = 1e-3

/**
 * Scores of the classes of one example. By default: values that are probabilities already (each in 0…1, sum 1 within
 * 1e-3) as they are, others through a softmax; a single value through a sigmoid where it is not in 0…1, as [1 − p, p].
 * The rule may say which of these it is. Undefined where the model names a class (one whole number or string) and
 * gives no scores. Throws OUTPUT_INVALID.
 */
export function scoresOf(row: Tensor, rule: AnswerRule = {}): Float64Array | undefined {
  if (namesClass(row)) return undefined
  const values = finite(row)
  if (rule.classes === 'many') return eachOf(values, rule)
  const { scores = 'auto' } = rule
  if (values.length === 1) {
    const only = values[0]!
    const isProbability = scores === 'none' || (scores === 'auto' && only >= 0 && only <= 1)
    const p = isProbability ? only : sigmoid(only)
    return Float64Array.of(1 - p, p)
  }
  if (scores === 'none') return Float64Array.from(values)
  if (scores === 'sigmoid') return Float64Array.from(values, sigmoid)
  if (scores === 'softmax') return softmax(values)
  return areProbabilities(values) ? Float64Array.from(values) : softmax(values)
}

/**
 * The class that scores choose: the best one; of two, the second where its score reaches the threshold, if the rule
 * has one. Throws OUTPUT_INVALID for a threshold between more than two.
 */
export function winnerOf(scores: ArrayLike<number>, { threshold }: AnswerRule = {}): number {
  if (threshold !== undefined) {
    if (scores.length === 2) return scores[1]! >= threshold ? 1 : 0
    throw new ModelError('OUTPUT_INVALID', {
      message: `answer.threshold stands between two classes, and the model gives ${scores.length} scores`,
      hint: 'Take it out, or say `classes: many` where each class is judged by itself.',
    })
  }
  let winner = 0
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[winner]!) winner = i
  return winner
}

/** Each class by itself: no guess from the values, as logits may all lie in 0…1 by chance. */
function eachOf(values: ArrayLike<number>, { scores }: AnswerRule): Float64Array {
  if (scores === 'sigmoid') return Float64Array.from(values, sigmoid)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value >= 0 && value <= 1 + SUM_TOLERANCE) continue
    throw new ModelError('OUTPUT_INVALID', {
      message: `The output holds ${value}, which is no probability of a class`,
      hint: 'Set `scores: sigmoid` under model.answer where the model gives logits.',
    })
  }
  return Float64Array.from(values)
}

function namesClass({ dtype, data }: Tensor): boolean {
  return data.length === 1 && (dtype === 'string' || isWhole(dtype))
}

function areProbabilities(values: ArrayLike<number>): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < 0 || value > 1 + SUM_TOLERANCE) return false
    sum += value
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

function softmax(values: ArrayLike<number>): Float64Array {
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) if (values[i]! > max) max = values[i]!
  const powers = new Float64Array(values.length)
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const power = Math.exp(values[i]! - max)
    powers[i] = power
    sum += power
  }
  for (let i = 0; i < powers.length; i++) powers[i] = powers[i]! / sum
  return powers
}

/** NaN and +∞ are no answer; −∞ is an honest logit of an impossible class, but not a value. Throws OUTPUT_INVALID. */
export function finite(row: Tensor): ArrayLike<number> {
  const values = numbersOf(row)
  let bad: number | undefined = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) {
      bad = value
      break
    }
    if (value !== Number.NEGATIVE_INFINITY) bad = undefined
  }
  if (bad === undefined) return values
  throw new ModelError('OUTPUT_INVALID', {
    message: values.length === 0 ? 'The output is empty' : `The output holds ${bad}`,
    hint: 'The model overflowed on this example, or its preprocessing is not the one it was trained with.',
    details: { shape: row.shape },
  })
}
