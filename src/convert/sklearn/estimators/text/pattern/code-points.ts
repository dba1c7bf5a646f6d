/** A set of code points: sorted ranges, first and last in turn, that don't touch. */
export type CodePoints = readonly number[]

const LAST = 0x10ffff

/** The code points that a test holds for. Surrogates are none. */
export function codePointsWhere(holds: (text: string, code: number) => boolean): CodePoints {
  const ranges: number[] = []
  let start = -1
  for (let code = 0; code <= LAST + 1; code++) {
    const isIn = code <= LAST && (code < 0xd800 || code > 0xdfff) && holds(String.fromCodePoint(code), code)
    if (isIn && start < 0) start = code
    if (isIn || start < 0) continue
    ranges.push(start, code - 1)
    start = -1
  }
  return ranges
}

/** Sorts ranges and joins those that meet. */
export function unionOf(sets: readonly CodePoints[]): CodePoints {
  const pairs = sets.flatMap(set => pairsOf(set)).toSorted(([a], [b]) => a - b)
  const ranges: number[] = []
  for (const [first, last] of pairs) {
    const end = ranges.at(-1)
    if (end !== undefined && first <= end + 1) ranges[ranges.length - 1] = Math.max(end, last)
    else ranges.push(first, last)
  }
  return ranges
}

export function complementOf(set: CodePoints): CodePoints {
  const ranges: number[] = []
  let next = 0
  for (const [first, last] of pairsOf(set)) {
    if (first > next) ranges.push(next, first - 1)
    next = last + 1
  }
  if (next <= LAST) ranges.push(next, LAST)
  return ranges
}

/** De Morgan: what neither lacks. */
export function intersectionOf(a: CodePoints, b: CodePoints): CodePoints {
  return complementOf(unionOf([complementOf(a), complementOf(b)]))
}

export function isWithin(part: CodePoints, whole: CodePoints): boolean {
  return intersectionOf(part, complementOf(whole)).length === 0
}

export function isDisjoint(a: CodePoints, b: CodePoints): boolean {
  return intersectionOf(a, b).length === 0
}

export function has(set: CodePoints, code: number): boolean {
  let [low, high] = [0, set.length / 2]
  while (low < high) {
    const middle = (low + high) >> 1
    if (set[2 * middle + 1]! < code) low = middle + 1
    else high = middle
  }
  return low < set.length / 2 && set[2 * low]! <= code
}

/** As a class of RE2: `[\x{41}-\x{5A}\x{5F}]`. Surrogates, which no text has, are left out of ranges. */
export function classOf(set: CodePoints): string {
  const plain = intersectionOf(set, [0, 0xd7ff, 0xe000, LAST])
  // RE2 has no empty class.
  if (plain.length === 0) return '[^\\x{0}-\\x{10FFFF}]'
  const parts = pairsOf(plain).map(([first, last]) =>
    first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`,
  )
  return `[${parts.join('')}]`
}

const escaped = (code: number): string => `\\x{${code.toString(16).toUpperCase()}}`

function pairsOf(set: CodePoints): (readonly [first: number, last: number])[] {
  return Array.from({ length: set.length / 2 }, (_, i) => [set[2 * i]!, set[2 * i + 1]!] as const)
}
