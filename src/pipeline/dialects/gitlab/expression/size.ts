/** Tables of Unicode classes take about as long to compile as this many letters. */
const UNICODE_CLASS = 20
const MAX_CLASS_NAME = 60

/**
 * How large a pattern is once its repetitions are written out, about in instructions of RE2: a pattern of 20
 * characters can stand for a million, and compiling that takes seconds. One pass, whatever the pattern.
 *
 *   ab{3}        4
 *   (ab){1000}   2000
 */
export function patternSize(source: string): number {
  const groups: Group[] = [{ total: 0, last: 0 }]
  for (let i = 0; i < source.length; ) {
    const group = groups[groups.length - 1]!
    const repeat = source[i] === '{' ? repetitionAt(source, i) : undefined
    if (repeat) {
      group.total += group.last * (repeat.count - 1)
      group.last *= repeat.count
      i += repeat.length
    } else if (source[i] === '(') {
      groups.push({ total: 0, last: 0 })
      i++
    } else if (source[i] === ')' && groups.length > 1) {
      groups.pop()
      add(groups[groups.length - 1]!, group.total)
      i++
    } else {
      const atom = atomAt(source, i)
      add(group, atom.size)
      i += atom.length
    }
  }
  return groups.reduce((sum, { total }) => sum + total, 0)
}

/** `last`: what a repetition that follows repeats. */
interface Group {
  total: number
  last: number
}

function add(group: Group, size: number): void {
  group.total += size
  group.last = size
}

function repetitionAt(source: string, at: number) {
  const found = /^\{(\d{1,4})(?:,(\d{0,4}))?\}/.exec(source.slice(at, at + 12))
  if (!found) return undefined
  return { count: Math.max(Number(found[1]), Number(found[2] ?? 0), 1), length: found[0].length }
}

/** One character, an escape, or a class in brackets. */
function atomAt(source: string, at: number): { readonly size: number; readonly length: number } {
  if (source[at] === '\\') {
    const unicode = /^\\p(?:\{[^}]*\}|.)/i.exec(source.slice(at, at + MAX_CLASS_NAME))
    return unicode ? { size: UNICODE_CLASS, length: unicode[0].length } : { size: 1, length: 2 }
  }
  if (source[at] !== '[') return { size: 1, length: 1 }
  let size = 1
  let end = at + 1
  // A bracket that closes right away stands for itself.
  if (source[end] === '^') end++
  if (source[end] === ']') end++
  for (; end < source.length && source[end] !== ']'; end++) {
    if (source[end] !== '\\') continue
    end++
    if (/p/i.test(source[end] ?? '')) size += UNICODE_CLASS
  }
  return { size, length: end + 1 - at }
}
