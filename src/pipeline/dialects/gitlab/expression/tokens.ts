import { nearestName } from '../../../../core/index.ts'
import { compilePattern } from './pattern.ts'
import type { BinaryOperator, Expression, ExpressionProblem } from './types.ts'
import type { Work } from './work.ts'

export type Token =
  | { readonly kind: 'value'; readonly value: Expression; readonly at: number; readonly text: string }
  | { readonly kind: BinaryOperator | '!' | '(' | ')'; readonly at: number; readonly text: string }

type Read = { readonly token: Token } | { readonly problem: ExpressionProblem }

const OPERATORS = ['==', '!=', '=~', '!~', '&&', '||', '(', ')', '!'] as const
const WORDS: ReadonlyMap<string, Expression> = new Map<string, Expression>([
  ['null', { kind: 'null' }],
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
])

/** Reads the token that begins at `at`, which is no space. */
export function readToken(text: string, at: number, work: Work): Read {
  const character = text[at]!
  if (character === '$') return readVariable(text, at)
  if (character === '"' || character === "'") return readString(text, at, character)
  if (character === '/') return readPattern(text, at, work)
  const operator = OPERATORS.find(candidate => text.startsWith(candidate, at))
  if (operator) return { token: { kind: operator, at, text: operator } }
  return readWord(text, at)
}

function readVariable(text: string, at: number): Read {
  const name = wordAt(text, at + 1)
  if (name) return value(text, at, at + 1 + name.length, { kind: 'variable', name })
  if (text.startsWith('$[[', at)) {
    return problem(at, 'This input has not been replaced', { hint: 'declare it under spec: inputs:' })
  }
  const braced = text[at + 1] === '{' ? wordAt(text, at + 2) : ''
  const hint = braced ? `write $${braced}: conditions know no braces` : undefined
  return problem(at, 'A variable is written as $NAME', { found: shown(text, at), hint })
}

/** No escapes: a string ends at the next quote of its kind. */
function readString(text: string, at: number, quote: string): Read {
  const end = text.indexOf(quote, at + 1)
  if (end < 0) return problem(at, 'The string has no end', { expected: quote, found: 'the end' })
  return value(text, at, end + 1, { kind: 'string', text: text.slice(at + 1, end) })
}

/** Ends at the next slash that no backslash stands before. */
function readPattern(text: string, at: number, work: Work): Read {
  let end = text.indexOf('/', at + 1)
  while (end > 0 && text[end - 1] === '\\') end = text.indexOf('/', end + 1)
  if (end < 0) return problem(at, 'The pattern has no end', { expected: '/', found: 'the end' })
  const source = text.slice(at + 1, end)
  if (source.length < 2) {
    const hint = source ? `write /(${source})/, or compare with ==` : undefined
    return problem(at, 'A pattern has two characters or more', { found: `/${source}/`, hint })
  }
  const letters = wordAt(text, end + 1)
  const unknown = letters.search(/[^ismU]/)
  if (unknown >= 0) {
    const found = letters[unknown]!
    return problem(end + 1 + unknown, 'Unknown flag of a pattern', { expected: 'i, m, s or U', found })
  }
  const compiled = compilePattern(source, letters, work)
  if (compiled.kind === 'problem') {
    const { offset, message, hint } = compiled.problem
    return problem(at + 1 + offset, message, { hint })
  }
  return value(text, at, end + 1 + letters.length, { kind: 'pattern', pattern: compiled.pattern })
}

function readWord(text: string, at: number): Read {
  const word = wordAt(text, at)
  const known = WORDS.get(word)
  if (known) return value(text, at, at + word.length, known)
  const near = nearestName(word, WORDS.keys())
  const hint = HINTS.get(text[at]!) ?? (word ? (near ?? `$${word}, or "${word}"`).slice(0, 60) : undefined)
  return problem(at, 'Unknown part of a condition', {
    expected: 'a variable, a string, a pattern, null or an operator',
    found: shown(text, at),
    hint: hint && `write ${hint}`,
  })
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['=', '== or =~'],
  ['&', '&&'],
  ['|', '||'],
  ['~', '=~'],
])

/** Letters, digits and underscores from `at` on. */
function wordAt(text: string, at: number): string {
  let end = at
  while (end < text.length && /\w/.test(text[end]!)) end++
  return text.slice(at, end)
}

function shown(text: string, at: number): string {
  return text.slice(at, at + Math.max(1, Math.min(30, wordAt(text, at).length)))
}

function value(text: string, at: number, end: number, expression: Expression): { readonly token: Token } {
  return { token: { kind: 'value', value: expression, at, text: text.slice(at, end) } }
}

function problem(
  offset: number,
  message: string,
  facts: { expected?: string | undefined; found?: string | undefined; hint?: string | undefined },
): Read {
  const { expected, found, hint } = facts
  return {
    problem: {
      offset,
      message,
      ...(expected && { expected }),
      ...(found && { found }),
      ...(hint && { hint }),
    },
  }
}
