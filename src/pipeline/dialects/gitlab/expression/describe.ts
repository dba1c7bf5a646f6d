import { quote } from '../../../yaml/located.ts'
import { evaluate, type Variables } from './evaluate.ts'
import { printExpression } from './print.ts'
import type { Expression } from './types.ts'
import { Work } from './work.ts'

/** A condition of a thousand variables is not explained by listing them. */
const MAX_VARIABLES_SHOWN = 6
const MAX_EXPRESSION_SHOWN = 200

interface Telling {
  /** false: its value is not told. Absent: all are. */
  readonly shows?: (name: string) => boolean
  readonly work?: Work
}

/**
 * Says in one line what a condition comes to, and with which values (60 characters of each at most).
 *
 *   $CI_COMMIT_BRANCH == "main" is false: $CI_COMMIT_BRANCH is 'dev'
 */
export function describe(
  expression: Expression,
  variables: Variables,
  { shows = () => true, work = new Work() }: Telling = {},
): string {
  const names = [...new Set(namesIn(expression))]
  const facts = names.slice(0, MAX_VARIABLES_SHOWN).map(name => {
    const value = variables(name)
    return `$${name} is ${shown(value, value !== undefined && shows(name))}`
  })
  if (names.length > facts.length) facts.push(`and ${names.length - facts.length} more`)
  const result = `${shortened(printExpression(expression))} is ${evaluate(expression, variables, work)}`
  return facts.length > 0 ? `${result}: ${facts.join(', ')}` : result
}

function shown(value: string | undefined, told: boolean): string {
  if (!value) return value === undefined ? 'not set' : 'empty'
  return told ? quote(value) : 'set for the project'
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > MAX_EXPRESSION_SHOWN ? `${line.slice(0, MAX_EXPRESSION_SHOWN)}…` : line
}

/** Without recursion over long chains: each part is visited once, from left to right. */
function namesIn(expression: Expression): string[] {
  const names: string[] = []
  const waiting = [expression]
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    if (part.kind === 'variable') names.push(part.name)
    else if (part.kind === 'not') waiting.push(part.operand)
    else if (part.kind === 'binary') waiting.push(part.right, part.left)
  }
  return names
}
