import { Lexer } from 'yaml'

/** Real files have none, or `%YAML`. The parser keeps an error for each that it does not know. */
const MAX_DIRECTIVES = 10

/**
 * How many words and signs a YAML text has, or that they are more than `most`, or that its brackets are nested
 * more than `depth` deep. Takes a tenth of a parser's time, and no memory: to be asked before a parser is.
 */
export function countTokens(text: string, most: number, depth: number): number | 'many' | 'deep' {
  let tokens = 0
  let open = 0
  let directives = 0
  for (const token of new Lexer().lex(text)) {
    if (++tokens > most) return 'many'
    if (token === '[' || token === '{') open++
    else if (token === ']' || token === '}') open = Math.max(0, open - 1)
    else if (token.startsWith('%') && ++directives > MAX_DIRECTIVES) return 'many'
    if (open > depth) return 'deep'
  }
  return tokens
}
