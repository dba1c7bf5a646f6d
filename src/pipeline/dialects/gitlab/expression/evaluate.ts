import { patternOfValue } from './pattern.ts'
import type { BinaryOperator, Expression } from './types.ts'
import { Work } from './work.ts'

/** Values of the variables that a condition can see. */
export type Variables = (name: string) => string | undefined

interface Scope {
  readonly variables: Variables
  readonly work: Work
}

/** What an operand stands for; a pattern stands for itself. */
type Value = string | boolean | null | Extract<Expression, { kind: 'pattern' }>

/**
 * Whether a condition holds. A variable alone holds when it is defined and not empty; one that is not defined is
 * `null`, which is not equal to `""`.
 *
 * On the right of `=~`, a variable is a pattern where its value is written as one (`/^v/`). Any other text makes
 * `=~` true when it contains the left side (GitLab documents it so).
 */
export function evaluate(expression: Expression, variables: Variables, work = new Work()): boolean {
  return holds(operandValue(expression, { variables, work }))
}

/** Ruby's `present?`, by which GitLab decides: text of nothing but white space counts as empty. */
function holds(value: Value): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value !== null && value !== false
}

function operandValue(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'variable':
      return scope.variables(expression.name) ?? null
    case 'string':
      return expression.text
    case 'null':
      return null
    case 'boolean':
      return expression.value
    case 'pattern':
      return expression
    case 'not':
      return !holds(operandValue(expression.operand, scope))
    case 'binary':
      return applied(expression.operator, expression.left, expression.right, scope)
  }
}

/**
 * `&&` and `||` give the operand that decided, as in Ruby: `($A || $B) == "x"` compares what is there. A variable
 * beside one holds as it does alone, as GitLab documents it (GitLab itself lets an empty one pass: its issue 321371).
 */
function applied(operator: BinaryOperator, left: Expression, right: Expression, scope: Scope): Value {
  const first = operandValue(left, scope)
  if (operator === '&&') return holds(first) ? operandValue(right, scope) : first
  if (operator === '||') return holds(first) ? first : operandValue(right, scope)
  const second = operandValue(right, scope)
  switch (operator) {
    case '==':
      return equal(first, second)
    case '!=':
      return !equal(first, second)
    case '=~':
      return matches(first, second, scope.work)
    case '!~':
      return !matches(first, second, scope.work)
  }
}

/** true and false are equal to the words "true" and "false". */
function equal(left: Value, right: Value): boolean {
  if (typeof left === 'boolean' && typeof right === 'string') return String(left) === right
  if (typeof left === 'string' && typeof right === 'boolean') return left === String(right)
  return left === right && !isPattern(left)
}

function matches(left: Value, right: Value, work: Work): boolean {
  if (right === null || right === false) return false
  const text = left === null || isPattern(left) ? '' : String(left)
  if (isPattern(right)) return right.pattern.matches(text, work)
  const pattern = patternOfValue(String(right), work)
  return pattern ? pattern.matches(text, work) : String(right).includes(text)
}

function isPattern(value: Value): value is Extract<Expression, { kind: 'pattern' }> {
  return typeof value === 'object' && value !== null
}
