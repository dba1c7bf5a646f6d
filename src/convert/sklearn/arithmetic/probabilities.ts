import type { Value } from '../../graph/types.ts'
import type { Arithmetic } from './arithmetic.ts'

/** Of yes [N] to those of no and yes [N, 2]. */
export function ofTwo(m: Arithmetic, yes: Value): Value {
  return m.columns([m.sub(1, yes), yes])
}

/** exp x / Σ exp x of each row [N, C]. */
export function softmax(m: Arithmetic, x: Value): Value {
  return m.emitter.op('Softmax', [x], { attributes: { axis: { int: 1 } } })
}

/** exp x / Σ exp x, where the sum's logarithm is taken first: of log-likelihoods that are far below 0. */
export function normalizedExp(m: Arithmetic, x: Value): Value {
  return m.of('Exp', m.sub(x, m.logSumExp(x, 1, 'kept')))
}

/** Rows divided by their sums; a row of zeros becomes one of equal parts. */
export function normalized(m: Arithmetic, x: Value, width: number): Value {
  const sum = m.sum(x, 1, 'kept')
  return m.where(m.equal(sum, 0), 1 / width, m.div(x, sum))
}

/** 1 where a score [N] is above a threshold, else 0: int64 [N]. */
export function above(m: Arithmetic, score: Value, threshold: number): Value {
  return m.cast(m.greater(score, threshold), 'int64')
}
