import type { Value } from '../../../graph/types.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { normalizedExp } from '../../arithmetic/probabilities.ts'
import type { Classes, ClassifierResult } from '../../estimator.ts'

/** Of joint log-likelihoods [N, C]: the likeliest class, and probabilities. */
export function posterior(m: Arithmetic, classes: Classes, joint: Value): ClassifierResult {
  return { kind: 'classifier', classes, index: m.argmax(joint), probabilities: normalizedExp(m, joint) }
}
