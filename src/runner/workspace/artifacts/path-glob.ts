import { MAX_GLOB_LENGTH } from '../../../core/index.ts'

/** `{a,b}{c,d}…` multiplies; more than this is no list of folders that a person wrote. */
const MAX_ALTERNATIVES = 64

/**
 * A path pattern as GitLab's runner has them (the doublestar library's): `*` and `?` within a name, `**` as a
 * whole name for any number of folders, `[a-z]`, `[^a]`, `{one,other}`, and `\` before what stands for itself.
 * Names that begin with a dot are like others. `.` is everything. Takes time in proportion to both lengths.
 *
 *   out/**' + '/*.{xml,json}   matches out/report.xml and out/a/report.json
 */
export class PathGlob {
  readonly text: string
  readonly #alternatives: readonly (readonly Segment[])[]

  /** Too long, or of too many alternatives: it matches nothing, and `isSane` is false. */
  constructor(text: string) {
    this.text = text
    const plain = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
    const alternatives =
      plain.length > MAX_GLOB_LENGTH ? undefined : alternativesOf(/^\.?$/.test(plain) ? '**' : plain)
    this.#alternatives = (alternatives ?? []).map(segmentsOf)
  }

  get isSane(): boolean {
    return this.#alternatives.length > 0
  }

  matches(path: string): boolean {
    const names = path.split('/')
    return this.#alternatives.some(segments => matchSegments(segments, names))
  }

  /** Whether it may match something below this folder. */
  mayMatchBelow(folder: string): boolean {
    const names = folder.split('/')
    return this.#alternatives.some(segments => {
      for (const [i, name] of names.entries()) {
        const segment = segments[i]
        if (segment === 'folders') return true
        if (!segment || !matchName(segment, name)) return false
      }
      return segments.length > names.length
    })
  }
}

type Segment = readonly Token[] | 'folders'
type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | {
      readonly kind: 'class'
      readonly not: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }

/** Braces multiplied out, inner ones first to last; undefined when they are too many. */
function alternativesOf(text: string): readonly string[] | undefined {
  const done: string[] = []
  const open = [text]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const braces = firstBraces(next)
    if (!braces) done.push(next)
    else for (const choice of braces.choices) open.push(braces.before + choice + braces.after)
    if (done.length + open.length > MAX_ALTERNATIVES) return undefined
  }
  return done
}

function firstBraces(
  text: string,
): { before: string; choices: readonly string[]; after: string } | undefined {
  let [depth, start, from] = [0, -1, 0]
  const choices: string[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '\\') i++
    else if (character === '{' && depth++ === 0) [start, from] = [i, i + 1]
    else if (character === ',' && depth === 1) {
      choices.push(text.slice(from, i))
      from = i + 1
    } else if (character === '}' && depth > 0 && --depth === 0) {
      choices.push(text.slice(from, i))
      return { before: text.slice(0, start), choices, after: text.slice(i + 1) }
    }
  }
  return undefined
}

function segmentsOf(text: string): readonly Segment[] {
  const segments = text.split('/').map(part => (part === '**' ? ('folders' as const) : tokensOf(part)))
  // `**` twice is `**` once: that keeps the matching from going over the same names again.
  return segments.filter((segment, i) => segment !== 'folders' || segments[i - 1] !== 'folders')
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  const characters = [...text]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' })
    } else if (character === '?') tokens.push({ kind: 'one' })
    else if (character === '\\' && i + 1 < characters.length)
      tokens.push({ kind: 'literal', text: characters[++i]! })
    else if (character === '[') {
      const end = classEnd(characters, i)
      if (end === undefined) tokens.push({ kind: 'literal', text: character })
      else {
        tokens.push(classOf(characters.slice(i + 1, end)))
        i = end
      }
    } else tokens.push({ kind: 'literal', text: character })
  }
  return tokens
}

function classEnd(characters: readonly string[], start: number): number | undefined {
  for (let i = start + 2; i < characters.length; i++) {
    if (characters[i] === ']' && characters[i - 1] !== '\\') return i
  }
  return undefined
}

function classOf(characters: readonly string[]): Token {
  const not = characters[0] === '^' || characters[0] === '!'
  const ranges: [string, string][] = []
  for (let i = not ? 1 : 0; i < characters.length; i++) {
    const from = characters[i] === '\\' ? characters[++i] : characters[i]
    if (from === undefined) break
    const isRange = characters[i + 1] === '-' && i + 2 < characters.length
    ranges.push([from, isRange ? characters[i + 2]! : from])
    if (isRange) i += 2
  }
  return { kind: 'class', not, ranges }
}

function matchSegments(segments: readonly Segment[], names: readonly string[]): boolean {
  return matchWith(segments, names, segment => segment === 'folders', matchName)
}

function matchName(segment: Segment, name: string): boolean {
  if (segment === 'folders') return true
  return matchWith(segment, [...name], token => token.kind === 'many', matchCharacter)
}

/**
 * Matches a list of patterns, some of which stand for any number of items. Goes back to the last of those
 * only: what an earlier one could take instead, the last can take too.
 */
function matchWith<P, I>(
  patterns: readonly P[],
  items: readonly I[],
  isMany: (pattern: P) => boolean,
  matchOne: (pattern: P, item: I) => boolean,
): boolean {
  let [p, i, lastMany, resume] = [0, 0, -1, 0]
  while (i < items.length) {
    const pattern = patterns[p]
    if (pattern !== undefined && isMany(pattern)) [lastMany, resume, p] = [p, i, p + 1]
    else if (pattern !== undefined && matchOne(pattern, items[i]!)) [p, i] = [p + 1, i + 1]
    else if (lastMany >= 0) [p, i, resume] = [lastMany + 1, resume + 1, resume + 1]
    else return false
  }
  while (p < patterns.length && isMany(patterns[p]!)) p++
  return p === patterns.length
}

function matchCharacter(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'literal':
      return token.text === character
    case 'class':
      return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.not
    default:
      return true
  }
}
