const SLASH = 0x2f
const NOTHING = '[^\\x00-\\x{10FFFF}]'

/**
 * A class in brackets (`[a-z]`, `[!a-z]`, `[^a-z]`) that opens at `at`, as an RE2 class. A slash is in none.
 * Undefined where it has no end: such a pattern matches nothing.
 */
export function classAt(
  pattern: readonly string[],
  at: number,
): { readonly source: string; readonly end: number } | undefined {
  let i = at + 1
  const negated = pattern[i] === '!' || pattern[i] === '^'
  if (negated) i++
  const ranges: (readonly [number, number])[] = []
  while (pattern[i] !== ']') {
    const low = memberAt(pattern, i)
    if (!low) return undefined
    i = low.end
    let high = low
    if (pattern[i] === '-' && pattern[i + 1] !== ']') {
      const found = memberAt(pattern, i + 1)
      if (!found) return undefined
      high = found
      i = found.end
    }
    ranges.push([low.code, high.code])
  }
  return { source: negated ? without(ranges) : within(ranges), end: i + 1 }
}

function memberAt(pattern: readonly string[], at: number) {
  const escaped = pattern[at] === '\\' && at + 1 < pattern.length
  const character = pattern[escaped ? at + 1 : at]
  if (character === undefined) return undefined
  return { code: character.codePointAt(0)!, end: at + (escaped ? 2 : 1) }
}

function within(ranges: readonly (readonly [number, number])[]): string {
  const parts = ranges.flatMap(([low, high]) => {
    if (low > SLASH || high < SLASH) return [[low, high] as const]
    return [[low, SLASH - 1] as const, [SLASH + 1, high] as const]
  })
  const source = parts.map(written).join('')
  return source ? `[${source}]` : NOTHING
}

function without(ranges: readonly (readonly [number, number])[]): string {
  return `[^/${ranges.map(written).join('')}]`
}

/** A range that runs backwards has no members. */
function written([low, high]: readonly [number, number]): string {
  return low > high ? '' : `\\x{${low.toString(16)}}-\\x{${high.toString(16)}}`
}
