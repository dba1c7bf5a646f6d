import type { Expression } from './types.ts'

/** An expression as one would write it, with no more parentheses than it needs. */
export function printExpression(expression: Expression): string {
  return print(expression, 0)
}

function print(expression: Expression, outer: number): string {
  switch (expression.kind) {
    case 'variable':
      return `$${expression.name}`
    case 'string':
      return expression.text.includes('"') ? `'${expression.text}'` : `"${expression.text}"`
    case 'null':
      return 'null'
    case 'boolean':
      return String(expression.value)
    case 'pattern':
      return `/${expression.pattern.source}/${expression.pattern.flags}`
    case 'not':
      return `!${print(expression.operand, TIGHTEST)}`
    case 'binary': {
      const level = LEVEL[expression.operator]
      const sides = [print(expression.left, level), print(expression.right, level + 1)]
      const text = sides.join(` ${expression.operator} `)
      return level < outer ? `(${text})` : text
    }
  }
}

const LEVEL = { '||': 1, '&&': 2, '==': 3, '!=': 3, '=~': 3, '!~': 3 } as const
const TIGHTEST = 4
