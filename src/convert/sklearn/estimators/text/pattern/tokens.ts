import { Refusal } from '../../../../refusals.ts'
import { word } from './classes.ts'
import { type CodePoints, classOf, has, isDisjoint, isWithin, unionOf } from './code-points.ts'
import { type Part, parsePattern } from './parse.ts'

/**
 * How tokens are found with RE2, which takes the longest match where Python takes the first, and knows ASCII words only:
 *
 *   \b\w\w+\b, \w+         runs of word characters, of at least so many: `runs`
 *   \b[a-z]\w*\b, \b\d+\b  runs of word characters that match as a whole, for a `\b` stands at a run's ends only: `whole`
 *   [^,]+, [#@]?[a-z]+     matches, where the longest is the one that Python finds
 */
export interface TokenRule {
  /** RE2. */
  readonly expression: string
  /** Characters that a token must have. */
  readonly least: number
  /** RE2 that a token must match as a whole. */
  readonly whole?: string
  /** Whether a token may hold a space: then n-grams can't be told from tokens. */
  readonly spaces: boolean
}

/** A Refusal for patterns whose tokens RE2 would find otherwise than Python. */
export function tokenRule(pattern: string): TokenRule {
  const parts = withoutGroup(flat(parsePattern(pattern)))
  const inner = parts.filter(({ kind }) => kind !== 'boundary')
  const bounded = inner.length < parts.length
  const used = unionOf(inner.flatMap(setsOf))
  const spaces = has(used, 0x20)
  if (inner.some(part => hasKind(part, 'boundary') || hasKind(part, 'group')))
    throw unfit(pattern, 'a group or \\b within it')
  const least = inner.reduce((sum, part) => sum + leastOf(part), 0)
  if (least === 0) throw unfit(pattern, 'matches of no characters')
  const run = runOf(inner)
  if (run !== undefined) return { expression: `${classOf(word())}+`, least: run, spaces }
  if (bounded) {
    const [first, last] = [parts[0], parts.at(-1)]
    const around =
      first?.kind === 'boundary' && last?.kind === 'boundary' && parts.length === inner.length + 2
    if (!around || !isWithin(used, word())) throw unfit(pattern, '\\b elsewhere than around word characters')
    return { expression: `${classOf(word())}+`, least: 1, whole: inner.map(written).join(''), spaces }
  }
  if (!isPlain(inner)) throw unfit(pattern, 'several matches at one place')
  return { expression: inner.map(written).join(''), least: 1, spaces }
}

function unfit(pattern: string, what: string): Refusal {
  return new Refusal(
    `token_pattern='${pattern.slice(0, 100)}' has ${what}`,
    'The default pattern, and those of one run of characters, are exact.',
  )
}

/** Parts one after another. */
function flat(part: Part): readonly Part[] {
  return part.kind === 'sequence' ? part.parts.flatMap(flat) : [part]
}

/** A group around all but `\b` is what findall gives: the same as without it. */
function withoutGroup(parts: readonly Part[]): readonly Part[] {
  const inner = parts.filter(({ kind }) => kind !== 'boundary')
  if (inner.length !== 1) return parts
  return parts.flatMap(part => (part.kind === 'group' ? flat(part.part) : [part]))
}

function hasKind(part: Part, kind: Part['kind']): boolean {
  if (part.kind === kind) return true
  if (part.kind === 'repeat' || part.kind === 'group') return hasKind(part.part, kind)
  return 'parts' in part && part.parts.some(inner => hasKind(inner, kind))
}

function setsOf(part: Part): readonly CodePoints[] {
  if (part.kind === 'set') return [part.set]
  if (part.kind === 'repeat' || part.kind === 'group') return setsOf(part.part)
  return 'parts' in part ? part.parts.flatMap(setsOf) : []
}

/** The fewest characters that it matches. */
function leastOf(part: Part): number {
  switch (part.kind) {
    case 'set':
      return 1
    case 'boundary':
      return 0
    case 'group':
      return leastOf(part.part)
    case 'repeat':
      return part.min * leastOf(part.part)
    case 'sequence':
      return part.parts.reduce((sum, inner) => sum + leastOf(inner), 0)
    case 'choice':
      return Math.min(...part.parts.map(leastOf))
  }
}

/** `\w\w+` and the like: runs of word characters, of at least so many. */
function runOf(parts: readonly Part[]): number | undefined {
  let least = 0
  let open = false
  for (const part of parts) {
    const [inner, min, max, lazy] =
      part.kind === 'repeat' ? [part.part, part.min, part.max, part.lazy] : [part, 1, 1, false]
    if (inner.kind !== 'set' || String(inner.set) !== String(word()) || lazy) return undefined
    if (max !== min && max !== Number.POSITIVE_INFINITY) return undefined
    least += min
    open ||= max === Number.POSITIVE_INFINITY
  }
  return open ? least : undefined
}

/**
 * Whether the match that Python finds first is the longest: characters and their greedy repetitions, each of which ends
 * where what follows begins, as no character fits both.
 */
function isPlain(parts: readonly Part[]): boolean {
  return parts.every((part, i) => {
    if (part.kind === 'set') return true
    if (part.kind !== 'repeat' || part.part.kind !== 'set' || part.lazy) return false
    const { set } = part.part
    const variable = part.min !== part.max
    if (!variable) return true
    const after = parts.slice(i + 1)
    const fixed = after.every(
      next => next.kind === 'set' || (next.kind === 'repeat' && next.min === next.max),
    )
    const only = parts.every(
      (other, j) => j === i || other.kind === 'set' || (other.kind === 'repeat' && other.min === other.max),
    )
    return (only && fixed) || after.every(next => setsOf(next).every(other => isDisjoint(set, other)))
  })
}

/** As RE2 has it. */
function written(part: Part): string {
  switch (part.kind) {
    case 'set':
      return classOf(part.set)
    case 'boundary':
      return ''
    case 'group':
      return `(?:${written(part.part)})`
    case 'sequence':
      return part.parts.map(written).join('')
    case 'choice':
      return `(?:${part.parts.map(written).join('|')})`
    case 'repeat': {
      const max = part.max === Number.POSITIVE_INFINITY ? '' : part.max
      return `(?:${written(part.part)}){${part.min},${max}}`
    }
  }
}
