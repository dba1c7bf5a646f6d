/** One token of a Jinja template's code. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'operator'
  /** Of strings the value, their escapes resolved. */
  readonly text: string
  readonly at: number
}

/** `{{ … }}` or `{% … %}`: its tokens. Comments and plain text are left out. */
export interface Block {
  readonly kind: 'expression' | 'statement'
  readonly tokens: readonly Token[]
  readonly at: number
}

/** A template of a large model has some 2,000 tokens. */
export const MAX_TOKENS = 200_000

/** The code of a template. `complete` is false where it breaks off, or has more than MAX_TOKENS. */
export function blocksOf(template: string): {
  readonly blocks: readonly Block[]
  readonly complete: boolean
} {
  const blocks: Block[] = []
  let count = 0
  let at = 0
  for (;;) {
    const open = nextOpening(template, at)
    if (open < 0) return { blocks, complete: true }
    const mark = template[open + 1]!
    if (mark === '#') {
      const end = template.indexOf('#}', open + 2)
      if (end < 0) return { blocks, complete: false }
      at = end + 2
      continue
    }
    const { tokens, end } = tokensOf(
      template,
      open + (/[-+]/.test(template[open + 2] ?? '') ? 3 : 2),
      mark === '{' ? '}}' : '%}',
      MAX_TOKENS - count,
    )
    count += tokens.length
    blocks.push({ kind: mark === '{' ? 'expression' : 'statement', tokens, at: open })
    if (end === undefined) return { blocks, complete: false }
    at = end
    if (tokens.length === 1 && tokens[0]!.text === 'raw') {
      const close = /\{%-?\s*endraw\s*-?%\}/g
      close.lastIndex = at
      const found = close.exec(template)
      if (!found) return { blocks, complete: false }
      at = close.lastIndex
    }
  }
}

function nextOpening(template: string, from: number): number {
  for (let at = template.indexOf('{', from); at >= 0; at = template.indexOf('{', at + 1)) {
    const next = template[at + 1]
    if (next === '{' || next === '%' || next === '#') return at
  }
  return -1
}

const TOKEN =
  /\s+|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(\d[\d_.eE]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\*\*|\/\/|[=!<>]=|[-+*/%~|()[\]{}.,:<>=!;])/sy

function tokensOf(
  template: string,
  from: number,
  close: string,
  most: number,
): { tokens: Token[]; end: number | undefined } {
  const tokens: Token[] = []
  let depth = 0
  for (let at = from; at < template.length; ) {
    if (depth === 0) {
      const strip = template[at] === '-' || template[at] === '+' ? 1 : 0
      if (template.startsWith(close, at + strip)) return { tokens, end: at + strip + close.length }
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(template)
    if (!match || tokens.length >= most) return { tokens, end: undefined }
    const [all, name, number, string, operator] = match
    if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at })
    else if (string !== undefined) tokens.push({ kind: 'string', text: unescaped(string.slice(1, -1)), at })
    else if (operator !== undefined) {
      if ('([{'.includes(operator)) depth++
      if (')]}'.includes(operator)) depth = Math.max(0, depth - 1)
      tokens.push({ kind: 'operator', text: operator, at })
    }
    at += all.length
  }
  return { tokens, end: undefined }
}

/** As Python reads a string: `\\x5f` and `\\u005f` are underscores, too. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|N\{([^}]*)\}|(.))/gs,
    (all, x, u, long, octal, named, other) => {
      if (named !== undefined) return /LOW LINE/i.test(named) ? '_' : '?'
      const code = x ?? u ?? long
      if (code !== undefined) return characterOf(Number.parseInt(code, 16))
      if (octal !== undefined) return characterOf(Number.parseInt(octal, 8))
      return ESCAPES[other as string] ?? (other === undefined ? all : other)
    },
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '?'
}
