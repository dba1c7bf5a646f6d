import type { Rule } from '../rules.ts'
import type { Level } from '../types.ts'
import { FILTERS, FUNCTIONS, KEYWORDS, METHODS, OUTSIDE, STATEMENTS, TESTS } from './allowed.ts'
import { buildsText, insideOf, isPlainFormat, isSpecial, takesComputedAttribute } from './shapes.ts'
import { type Block, blocksOf, type Token } from './tokens.ts'

export interface TemplateFinding {
  readonly rule: Rule
  readonly level: Level
  readonly what: string
  /** From 1. */
  readonly line: number
}

/** Longer ranges and repetitions have no place in a prompt. */
const MAX_REPEATED = 100_000
/** Of loops within loops, in all. */
const MAX_LOOPED = 1_000_000
/** One template needs no more to be judged. */
const MAX_FOUND = 20

/**
 * Judges a Jinja template by its tokens: attributes, subscripts, filters, tests and calls are allowed by name. Text
 * outside of its code counts for nothing. Rendered in a sandbox most of what is found would be refused; but not every
 * application has one.
 */
export function scanTemplate(template: string): readonly TemplateFinding[] {
  const { blocks, complete } = blocksOf(template)
  const scan = new TemplateScan(template)
  for (const block of blocks) scan.define(block)
  for (const block of blocks) scan.block(block)
  scan.loops(blocks)
  if (!complete)
    scan.add(
      'template/unknown',
      'unknown',
      'the template breaks off or is too long to be read',
      template.length,
    )
  return scan.found
}

class TemplateScan {
  readonly found: TemplateFinding[] = []
  readonly #template: string
  readonly #macros = new Set<string>()
  /** Variables that hold texts which the template puts together. */
  readonly #built = new Set<string>()

  constructor(template: string) {
    this.#template = template
  }

  add(rule: Rule, level: Level, what: string, at: number): void {
    if (this.found.length >= MAX_FOUND || this.found.some(other => other.what === what)) return
    let line = 1
    for (
      let next = this.#template.indexOf('\n');
      next >= 0 && next < at;
      next = this.#template.indexOf('\n', next + 1)
    )
      line++
    this.found.push({ rule, level, what, line })
  }

  /** Macros that are defined, and variables that are built of texts. */
  define({ kind, tokens }: Block): void {
    const [word, name] = tokens
    if (kind !== 'statement' || name?.kind !== 'name') return
    if (word?.text === 'macro') this.#macros.add(name.text)
    if (word?.text === 'set' && buildsText(tokens.slice(2))) this.#built.add(name.text)
  }

  block({ kind, tokens, at }: Block): void {
    let rest = tokens
    if (kind === 'statement') {
      const word = tokens[0]?.text ?? ''
      if (!STATEMENTS.has(word))
        this.add('template/unknown', 'unknown', `the statement '${word.slice(0, 40)}'`, at)
      rest = tokens.slice(1)
      if (word === 'filter') this.#filter(rest, 0)
      if (word === 'filter') return
    }
    for (let index = 0; index < rest.length; index++) this.#token(rest, index)
  }

  /** Loops within loops, by the numbers that their ranges name. */
  loops(blocks: readonly Block[]): void {
    const open: number[] = []
    for (const { kind, tokens, at } of blocks) {
      if (kind !== 'statement') continue
      if (tokens[0]?.text === 'endfor') open.pop()
      if (tokens[0]?.text !== 'for') continue
      const range = tokens.findIndex(({ text }) => text === 'range')
      const numbers = range < 0 ? [] : tokens.slice(range).filter(token => token.kind === 'number')
      open.push(Math.max(1, ...numbers.map(({ text }) => Number(text.replaceAll('_', '')))))
      const times = open.reduce((product, count) => product * count, 1)
      if (times > MAX_LOOPED) this.add('template/expansion', 'unsafe', `loops run ${times} times`, at)
    }
  }

  #token(tokens: readonly Token[], index: number): void {
    const token = tokens[index]!
    const before = tokens[index - 1]?.text
    if (token.kind === 'string') this.#string(token, tokens, index)
    else if (token.kind === 'name' && before === '|') this.#filter(tokens, index)
    else if (token.kind === 'name' && before === '.') this.#attribute(tokens, index)
    else if (
      token.kind === 'name' &&
      (before === 'is' || (before === 'not' && tokens[index - 2]?.text === 'is'))
    )
      this.#test(token)
    else if (token.kind === 'name') this.#name(tokens, index)
    else if (token.text === '[') this.#subscript(tokens, index)
    else if (token.text === '*' || token.text === '**') this.#repetition(tokens, index)
  }

  #string(token: Token, tokens: readonly Token[], index: number): void {
    if (/__[A-Za-z]+__|^__|__$/.test(token.text) && token.text.length < 200)
      this.add(
        'template/escape',
        'unsafe',
        `the text '${token.text.slice(0, 60)}', which names what is special`,
        token.at,
      )
    else if (/^_+$/.test(token.text) && ['*', '~', '+', '|', '['].includes(tokens[index + 1]?.text ?? ''))
      this.add('template/escape', 'unsafe', 'underscores are put together', token.at)
    else if (
      /%c|\{\d*[.[]|\{[^}]*!/.test(token.text) &&
      /^(?:format|format_map)$/.test(tokens[index + 2]?.text ?? '')
    )
      this.add(
        'template/escape',
        'unsafe',
        `the format '${token.text.slice(0, 60)}' reaches into objects`,
        token.at,
      )
  }

  #attribute(tokens: readonly Token[], index: number): void {
    const { text, at } = tokens[index]!
    if (isSpecial(text)) this.add('template/escape', 'unsafe', `the attribute .${text.slice(0, 60)}`, at)
    else if (
      tokens[index + 1]?.text === '(' &&
      !METHODS.has(text) &&
      !this.#macros.has(text) &&
      !isPlainFormat(tokens, index)
    )
      this.add('template/unknown', 'unknown', `the method .${text.slice(0, 60)}()`, at)
  }

  #filter(tokens: readonly Token[], index: number): void {
    const name = tokens[index]
    if (!name) return
    if (name.text === 'attr') {
      const literal = tokens[index + 2]?.kind === 'string' && tokens[index + 3]?.text === ')'
      const special = !literal || isSpecial(tokens[index + 2]!.text)
      this.add(
        special ? 'template/escape' : 'template/unknown',
        special ? 'unsafe' : 'unknown',
        'the filter attr, which takes attributes by name',
        name.at,
      )
    } else if (!FILTERS.has(name.text) && !this.#macros.has(name.text))
      this.add('template/unknown', 'unknown', `the filter '${name.text.slice(0, 60)}'`, name.at)
    else if (takesComputedAttribute(tokens, index))
      this.add(
        'template/unknown',
        'unknown',
        `the filter ${name.text} takes an attribute that is computed`,
        name.at,
      )
    else if (name.text === 'map' && tokens[index + 2]?.text === 'attr')
      this.add('template/escape', 'unsafe', 'the filter attr, which takes attributes by name', name.at)
  }

  #test(token: Token): void {
    if (!TESTS.has(token.text) && !KEYWORDS.has(token.text))
      this.add('template/unknown', 'unknown', `the test '${token.text.slice(0, 60)}'`, token.at)
  }

  #name(tokens: readonly Token[], index: number): void {
    const { text, at } = tokens[index]!
    if (/^__|__$/.test(text)) this.add('template/escape', 'unsafe', `the name ${text.slice(0, 60)}`, at)
    if (KEYWORDS.has(text)) return
    const next = tokens[index + 1]?.text
    if (
      OUTSIDE.has(text) &&
      !this.#macros.has(text) &&
      next !== '=' &&
      ['.', '[', '(', '|', undefined].includes(next) &&
      tokens[index - 1]?.text !== '.'
    )
      this.#outside(text, next, at)
    else if (next === '(' && !FUNCTIONS.has(text) && !this.#macros.has(text))
      this.add('template/unknown', 'unknown', `the function ${text.slice(0, 60)}()`, at)
    else if (text === 'range' && next === '(') this.#range(tokens, index + 2)
  }

  #outside(text: string, next: string | undefined, at: number): void {
    // A variable of the chat may have such a name: what is called or read of it tells.
    const level: Level = next === '(' || text === 'lipsum' || text === 'self' ? 'unsafe' : 'unknown'
    this.add(
      level === 'unsafe' ? 'template/escape' : 'template/unknown',
      level,
      `the name ${text}, which leads out of the template`,
      at,
    )
  }

  /** `x['role']`, `x[0]`, `x[1:]`, `x[name]`; but no text that is put together. */
  #subscript(tokens: readonly Token[], index: number): void {
    const before = tokens[index - 1]
    const isList =
      !before || (before.kind === 'operator' && !')]}'.includes(before.text)) || KEYWORDS.has(before.text)
    if (isList) return
    const inside = insideOf(tokens, index)
    if (!inside) {
      this.add('template/unknown', 'unknown', 'a subscript that does not end soon', tokens[index]!.at)
      return
    }
    const [first] = inside
    if (inside.length === 1 && first?.kind === 'string' && isSpecial(first.text))
      this.add('template/escape', 'unsafe', `the attribute '${first.text.slice(0, 60)}'`, first.at)
    const built = inside.some(
      ({ kind, text }) => kind === 'name' && this.#built.has(text) && inside.length === 1,
    )
    if (built || buildsText(inside))
      this.add(
        'template/escape',
        'unknown',
        'a subscript by a text that the template puts together',
        tokens[index]!.at,
      )
  }

  #repetition(tokens: readonly Token[], index: number): void {
    for (const side of [tokens[index - 1], tokens[index + 1]]) {
      if (side?.kind === 'number' && Number(side.text.replaceAll('_', '')) > MAX_REPEATED)
        this.add(
          'template/expansion',
          'unsafe',
          `something is taken ${side.text.slice(0, 30)} times`,
          side.at,
        )
    }
  }

  #range(tokens: readonly Token[], index: number): void {
    for (let at = index; at < tokens.length && tokens[at]!.text !== ')'; at++) {
      const { kind, text, at: place } = tokens[at]!
      if (kind === 'number' && Number(text.replaceAll('_', '')) > MAX_REPEATED)
        this.add('template/expansion', 'unsafe', `a range up to ${text.slice(0, 30)}`, place)
    }
  }
}
