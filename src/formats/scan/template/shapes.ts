import { FAR_ATTRIBUTES } from './allowed.ts'
import type { Token } from './tokens.ts'

/** A subscript is a name, a number or a short expression; each is looked at by itself. */
const MAX_SUBSCRIPT_TOKENS = 100

/** `map(attribute=x)`: which attribute is taken can't be told. */
export function takesComputedAttribute(tokens: readonly Token[], index: number): boolean {
  if (tokens[index + 1]?.text !== '(' || tokens[index + 2]?.text !== 'attribute') return false
  if (tokens[index + 3]?.text !== '=') return false
  const value = tokens[index + 4]
  return (
    value?.kind === 'name' || (value?.kind === 'string' && !/^[,)]$/.test(tokens[index + 5]?.text ?? ')'))
  )
}

/** `'<|eot_{}|>'.format(x)`: a literal whose fields name nothing of what they get. */
export function isPlainFormat(tokens: readonly Token[], index: number): boolean {
  const text = tokens[index - 2]
  return tokens[index]!.text === 'format' && text?.kind === 'string' && !/\{[^}]*[.[!:{]/.test(text.text)
}

export function isSpecial(name: string): boolean {
  return /^_/.test(name) || /__$/.test(name) || FAR_ATTRIBUTES.has(name)
}

/** Whether tokens join texts: with `~`, by a filter, or of a literal with `+` or `*`. */
export function buildsText(tokens: readonly Token[]): boolean {
  return tokens.some(({ kind, text }, index) => {
    if (text === '~') return true
    if (kind === 'name' && tokens[index - 1]?.text === '|')
      return /^(?:join|replace|format|reverse|string)$/.test(text)
    const next = tokens[index + 1]?.text
    return kind === 'string' && (next === '+' || next === '*' || next === '%' || next === '[')
  })
}

/** The tokens between a bracket and its partner; undefined where that is not near. */
export function insideOf(tokens: readonly Token[], open: number): readonly Token[] | undefined {
  let depth = 0
  for (let index = open; index < tokens.length && index - open < MAX_SUBSCRIPT_TOKENS; index++) {
    const { kind, text } = tokens[index]!
    if (kind !== 'operator') continue
    if ('([{'.includes(text)) depth++
    if (')]}'.includes(text) && --depth === 0) return tokens.slice(open + 1, index)
  }
  return undefined
}
