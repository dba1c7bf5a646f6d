import { EvaluateError } from '../errors.ts'
import type { Evaluation, EvaluationRows } from '../types.ts'

/** An evaluation with what it said example by example, where that was kept. */
export interface Evaluated {
  readonly evaluation: Evaluation
  readonly rows?: EvaluationRows
}

/** Throws EVALUATIONS_DIFFER unless both are of the same examples in the same order. */
export function checkComparable(candidate: Evaluated, production: Evaluated): void {
  const [a, b] = [candidate.evaluation, production.evaluation]
  if (a.dataDigest !== b.dataDigest)
    throw differ(`the candidate's data is ${a.dataDigest}, production's ${b.dataDigest}`)
  if (!candidate.rows || !production.rows) return
  const [truth, other] = [candidate.rows.truth, production.rows.truth]
  if (truth.length !== other.length) throw differ(`${truth.length} examples against ${other.length}`)
  for (let row = 0; row < truth.length; row++)
    if (truth[row] !== other[row])
      throw differ(`the truth of example ${row} is ${truth[row]} and ${other[row]}`)
}

function differ(how: string): EvaluateError {
  return new EvaluateError('EVALUATIONS_DIFFER', {
    message: `Two evaluations can be compared on the same examples only: ${how}`,
    hint: 'Evaluate the production version again on the data of this commit, with the same limit.',
  })
}
