import type { Diagnostic, Location, Severity } from '../../../../core/index.ts'
import { quote } from '../../../yaml/located.ts'
import type { ExpressionProblem } from './types.ts'

/** A problem of a condition as a finding about the file in which the condition is written, at `at`. */
export function problemDiagnostic(
  problem: ExpressionProblem,
  text: string,
  at: Location,
  severity: Severity = 'error',
): Diagnostic {
  const { offset, message, expected, found, hint } = problem
  return {
    severity,
    code: 'CONDITION',
    message: `${message} (character ${offset + 1} of the condition)`,
    at: placeIn(text, at, offset),
    ...(expected && { expected }),
    found: found ? quote(found) : quote(text.slice(offset) || text),
    ...(hint && { hint }),
  }
}

/** Of a text on one line. YAML folds longer ones, so a place after the first line would be guessed. */
function placeIn(text: string, at: Location, offset: number): Location {
  return text.slice(0, offset).includes('\n') ? at : { ...at, column: at.column + offset }
}
