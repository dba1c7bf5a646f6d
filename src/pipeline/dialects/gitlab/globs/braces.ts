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
  if (countAlternatives(pattern) > MAX_ALTERNATIVES) return undefined
  const done: string[] = []
  const waiting = [pattern]
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const braces = firstBraces(text)
    if (!braces) done.push(text)
    else {
      const [before, after] = [text.slice(0, braces.open), text.slice(braces.close + 1)]
      for (const part of alternatives(text, braces).reverse()) waiting.push(before + part + after)
    }
  }
  return done
}

/** How many patterns that would be, without making them. Braces after one that is never closed are none. */
function countAlternatives(pattern: string): number {
  const open = [{ product: 1, sum: 0 }]
  for (let i = 0; i < pattern.length; i++) {
    const group = open.at(-1)!
    if (pattern[i] === '\\') i++
    else if (pattern[i] === '{') open.push({ product: 1, sum: 0 })
    else if (pattern[i] === ',' && open.length > 1) {
      group.sum += group.product
      group.product = 1
    } else if (pattern[i] === '}' && open.length > 1) {
      open.pop()
      open.at(-1)!.product *= group.sum + group.product
    }
  }
  return open[0]!.product
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
