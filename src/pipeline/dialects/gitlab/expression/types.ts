import type { Pattern } from './pattern.ts'

/** The condition language of `rules:if`, `only:variables`, `except:variables` and `workflow:rules:if`. */
export type Expression =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }

export type BinaryOperator = '==' | '!=' | '=~' | '!~' | '&&' | '||'

/** What is wrong in an expression, and at which character of it (from 0). */
export interface ExpressionProblem {
  readonly offset: number
  readonly message: string
  readonly expected?: string
  readonly found?: string
  readonly hint?: string
}

/** As deep as parentheses and `!` may nest: the parser calls itself once for each. */
export const MAX_NESTING = 100
/** Conditions of real files stay below 2,000 characters. */
export const MAX_EXPRESSION_LENGTH = 16_384
/** Evaluation calls itself for each operator of a chain. GitLab itself stops at 100. */
export const MAX_TOKENS = 1_000
