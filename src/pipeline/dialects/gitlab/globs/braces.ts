/** Real patterns have fewer than 30; each alternative is matched for itself. */
const MAX_ALTERNATIVES = 256

/**
 * Writes out the braces of a pattern. A backslash before a brace or comma makes it stand for itself; a brace
 * without its pair does so anyway. Undefined where there would be more than 256 patterns.
 *
 *   *.{rb,py}     *.rb, *.py
 *   a{b,c{d,}}    ab, acd, ac
 */
export function expandBraces(pattern: string): readonly string[] | undefined {
  const done: string[] = []
  const waiting = [pattern]
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const braces = firstBraces(text)
    if (!braces) done.push(text)
    else {
      const [before, after] = [text.slice(0, braces.open), text.slice(braces.close + 1)]
      for (const part of alternatives(text, braces).reverse()) waiting.push(before + part + after)
    }
    if (done.length + waiting.length > MAX_ALTERNATIVES) return undefined
  }
  return done
}

interface Braces {
  readonly open: number
  readonly close: number
}

function firstBraces(text: string): Braces | undefined {
  let open = -1
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '{' && depth++ === 0) open = i
    else if (text[i] === '}' && depth > 0 && --depth === 0) return { open, close: i }
  }
  return undefined
}

/** What stands between the commas of a pair of braces, not of those within it. */
function alternatives(text: string, { open, close }: Braces): string[] {
  const parts: string[] = []
  let start = open + 1
  let depth = 0
  for (let i = start; i < close; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '{') depth++
    else if (text[i] === '}') depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start, close)]
}
