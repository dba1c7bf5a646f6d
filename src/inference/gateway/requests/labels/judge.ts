import type { Decision } from '../content/decisions.ts'
import type { Truth } from './feedback.ts'

/** What a label says of an answer, example by example. Undefined where the two can't be compared. */
export interface Judgement {
  /** Of decisions for a class. */
  readonly correct: readonly boolean[]
  /** Of values: answer minus label. */
  readonly errors: readonly number[]
}

export function judge(truth: Truth, decided: readonly Decision[] | undefined): Judgement | undefined {
  const truths = Array.isArray(truth) ? truth : [truth]
  if (decided?.length !== truths.length) return undefined
  const [correct, errors]: [boolean[], number[]] = [[], []]
  for (const [i, decision] of decided.entries()) {
    const right = truths[i]!
    if (decision.value === undefined) {
      const is = isRight(right, decision)
      if (is === undefined) return undefined
      correct.push(is)
    } else if (typeof right === 'number') errors.push(decision.value - right)
    else return undefined
  }
  return { correct, errors }
}

const NUMERAL = /^-?\d+(\.\d+)?$/

/**
 * A text is a class's name, and a number its index; but where names are numerals, as of digits, a number means the name
 * too. An index that is written as a text means the index where the answer has no name.
 */
function isRight(truth: string | number, { label, index }: Decision): boolean | undefined {
  if (typeof truth === 'string') {
    if (label !== undefined) return label === truth
    return index !== undefined && NUMERAL.test(truth) ? index === Number(truth) : undefined
  }
  if (label !== undefined && (index === undefined || NUMERAL.test(label))) {
    return NUMERAL.test(label) ? Number(label) === truth : undefined
  }
  return index === undefined ? undefined : index === truth
}
