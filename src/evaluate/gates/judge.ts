import type { Gate, GateResult } from '../types.ts'
import type { Evaluated } from './evaluated.ts'
import { judgeThreshold } from './threshold.ts'
import { judgeVersus } from './versus.ts'

/**
 * Every gate's verdict on the candidate, in the gates' order. `production` is the evaluation of what serves now
 * on the same data; without it comparisons are not applicable. Throws EVALUATIONS_DIFFER where it is of other data.
 */
export function judgeGates(
  gates: readonly Gate[],
  candidate: Evaluated,
  production?: Evaluated,
): readonly GateResult[] {
  return gates.map(gate =>
    gate.kind === 'threshold' ? judgeThreshold(gate, candidate) : judgeVersus(gate, candidate, production),
  )
}
