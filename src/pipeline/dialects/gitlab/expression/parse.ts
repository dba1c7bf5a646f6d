import { readToken, type Token } from './tokens.ts'
import {
  type BinaryOperator,
  type Expression,
  type ExpressionProblem,
  MAX_EXPRESSION_LENGTH,
  MAX_NESTING,
  MAX_TOKENS,
} from './types.ts'
import { Work } from './work.ts'

export type ParsedExpression =
  | {
      readonly kind: 'expression'
      readonly expression: Expression
      /** It can be evaluated, though hardly to what was meant. */
      readonly warnings: readonly ExpressionProblem[]
    }
  | { readonly kind: 'problem'; readonly problem: ExpressionProblem }

/**
 * Parses a condition. Precedence as in Ruby: `!`, then `== != =~ !~`, then `&&`, then `||`, each from left to right.
 *
 *   $A == "x" || $B && $C   is   $A == "x" || ($B && $C)
 *   !$A == "true"           is   (!$A) == "true"
 */
export function parseExpression(text: string, work = new Work()): ParsedExpression {
  const parser = new Parser(text, work)
  try {
    return { kind: 'expression', expression: parser.parse(), warnings: parser.warnings }
  } catch (stop) {
    if (stop instanceof Stop) return { kind: 'problem', problem: stop.problem }
    throw stop
  }
}

/** Ends the parse with what it found. Never leaves this file. */
class Stop extends Error {
  readonly problem: ExpressionProblem
  constructor(problem: ExpressionProblem) {
    super(problem.message)
    this.problem = problem
  }
}

const COMPARISONS: readonly BinaryOperator[] = ['==', '!=', '=~', '!~']
const OPERAND = 'a variable, a string, null, a pattern or ('

class Parser {
  readonly warnings: ExpressionProblem[] = []
  private readonly text: string
  private readonly work: Work
  private position = 0
  private count = 0
  private depth = 0
  private next: Token | undefined

  constructor(text: string, work: Work) {
    this.text = text
    this.work = work
  }

  parse(): Expression {
    if (this.text.length > MAX_EXPRESSION_LENGTH) {
      const message = `A condition has at most ${MAX_EXPRESSION_LENGTH} characters`
      throw new Stop({ offset: 0, message, found: `${this.text.length}` })
    }
    this.advance()
    const expression = this.chain(0)
    if (this.next) this.unexpected('&&, || or the end')
    return expression
  }

  /** Levels of binary operators, loosest first. */
  private chain(level: number): Expression {
    const operators = LEVELS[level]
    if (!operators) return this.unary()
    let left = this.chain(level + 1)
    for (;;) {
      const token = this.next
      const operator = token && operators.find(candidate => candidate === token.kind)
      if (!operator) return left
      this.advance()
      const right = this.chain(level + 1)
      this.check(token, operator, left, right)
      left = { kind: 'binary', operator, left, right }
    }
  }

  private unary(): Expression {
    if (this.next?.kind !== '!') return this.operand()
    return this.nested(() => ({ kind: 'not', operand: this.unary() }))
  }

  private operand(): Expression {
    const token = this.next
    if (token?.kind === 'value') {
      this.advance()
      return token.value
    }
    if (token?.kind !== '(') this.unexpected(OPERAND)
    return this.nested(() => {
      const inner = this.chain(0)
      if (this.next?.kind !== ')') this.unexpected(')')
      this.advance()
      return inner
    })
  }

  /** Past the token that opens, one level deeper. */
  private nested(read: () => Expression): Expression {
    if (++this.depth > MAX_NESTING) {
      const message = `A condition nests at most ${MAX_NESTING} levels deep`
      throw new Stop({ offset: this.next?.at ?? 0, message })
    }
    this.advance()
    const expression = read()
    this.depth--
    return expression
  }

  private check(token: Token, operator: BinaryOperator, left: Expression, right: Expression): void {
    const equality = operator === '==' || operator === '!='
    const matching = operator === '=~' || operator === '!~'
    if (matching && left.kind === 'pattern') {
      throw new Stop({ offset: token.at, message: `A pattern stands on the right of ${operator}` })
    }
    if (equality && (left.kind === 'pattern' || right.kind === 'pattern')) {
      const hint = `write ${operator === '==' ? '=~' : '!~'}`
      this.warnings.push({ offset: token.at, message: `Nothing is equal to a pattern`, hint })
    }
    if (matching && right.kind === 'string') {
      const message = 'The right side is no pattern, so the left one is looked for in it'
      this.warnings.push({ offset: token.at, message, hint: 'write /…/' })
    }
  }

  private advance(): void {
    while (this.position < this.text.length && /\s/.test(this.text[this.position]!)) this.position++
    if (this.position === this.text.length) {
      this.next = undefined
      return
    }
    if (++this.count > MAX_TOKENS) {
      throw new Stop({ offset: this.position, message: `A condition has at most ${MAX_TOKENS} parts` })
    }
    const read = readToken(this.text, this.position, this.work)
    if ('problem' in read) throw new Stop(read.problem)
    this.next = read.token
    this.position = read.token.at + read.token.text.length
  }

  private unexpected(expected: string): never {
    const found = this.next ? this.next.text.slice(0, 60) : 'the end'
    const offset = this.next?.at ?? this.text.length
    throw new Stop({ offset, message: "The condition can't be read", expected, found })
  }
}

const LEVELS: readonly (readonly BinaryOperator[])[] = [['||'], ['&&'], COMPARISONS]
