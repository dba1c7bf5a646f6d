import type { FormatsError } from '../errors.ts'

/** A Python literal, as much of them as numpy's headers have. */
export type Literal =
  | string
  | number
  | boolean
  | null
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Literal[] }
  | { readonly kind: 'dict'; readonly entries: ReadonlyMap<string, Literal> }

/** A header is a dictionary of lists of tuples of lists …; record types nest a few times. */
const MAX_DEPTH = 32

const TOKEN =
  /\s*(?:(?<open>[([{])|(?<integer>\d{1,16})L?(?![\w.])|(?<word>True|False|None)\b|[ub]?(?<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))/y
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

/** Parses one literal that is all of `text`. Evaluates nothing. Throws what `wrong` makes of a reason. */
export function parseLiteral(text: string, wrong: (why: string) => FormatsError): Literal {
  let at = 0
  const value = parse(0)
  if (/\S/.test(text.slice(at))) throw wrong(`there is more behind it: ${excerpt(text.slice(at))}`)
  return value

  function parse(depth: number): Literal {
    if (depth > MAX_DEPTH) throw wrong(`it nests more than ${MAX_DEPTH} deep`)
    TOKEN.lastIndex = at
    const groups = TOKEN.exec(text)?.groups
    if (!groups) throw wrong(`no literal at ${excerpt(text.slice(at))}`)
    at = TOKEN.lastIndex
    const { open, integer, word, text: quoted } = groups
    if (open === '{') return dictionary(depth)
    if (open) return sequence(open === '(' ? 'tuple' : 'list', depth)
    if (integer !== undefined) return Number(integer)
    if (word) return word === 'None' ? null : word === 'True'
    return unquote(quoted!)
  }

  function sequence(kind: 'tuple' | 'list', depth: number): Literal {
    const items: Literal[] = []
    const end = kind === 'tuple' ? ')' : ']'
    while (!take(end)) {
      items.push(parse(depth + 1))
      if (take(',')) continue
      if (!take(end)) throw wrong(`no '${end}' at ${excerpt(text.slice(at))}`)
      // Parentheses around one value make no tuple.
      return kind === 'tuple' && items.length === 1 ? items[0]! : { kind, items }
    }
    return { kind, items }
  }

  function dictionary(depth: number): Literal {
    const entries = new Map<string, Literal>()
    while (!take('}')) {
      const key = parse(depth + 1)
      if (typeof key !== 'string') throw wrong('a key is no text')
      if (entries.has(key)) throw wrong(`it says '${key}' twice`)
      if (!take(':')) throw wrong(`no ':' behind '${excerpt(key)}'`)
      entries.set(key, parse(depth + 1))
      if (take(',')) continue
      if (!take('}')) throw wrong(`no '}' at ${excerpt(text.slice(at))}`)
      break
    }
    return { kind: 'dict', entries }
  }

  function take(character: string): boolean {
    while (/\s/.test(text[at] ?? '')) at++
    if (text[at] !== character) return false
    at++
    return true
  }

  function unquote(quoted: string): string {
    return quoted
      .slice(1, -1)
      .replaceAll(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/gs, (_, code: string) => {
        const plain = ESCAPES.get(code)
        if (plain !== undefined) return plain
        const point = code.length > 1 ? Number.parseInt(code.slice(1), 16) : Number.NaN
        if (!(point <= 0x10ffff)) throw wrong(`the escape \\${excerpt(code)}`)
        return String.fromCodePoint(point)
      })
  }
}

export function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
