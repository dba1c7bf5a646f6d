import { RE2JS } from 're2js'
import type { Work } from '../expression/work.ts'
import { expandBraces } from './braces.ts'
import { classAt } from './class.ts'

/** Paths of real files are shorter. */
const MAX_GLOB_LENGTH = 500
/** Steps of work for a character that is compiled: less for its time than for its 130 bytes, which stay. */
const COMPILE_STEPS = 3_000
/** For one that is looked through. */
const READ_STEPS = 100
/** For one of several paths that braces stand for: each has its own glob. */
const ALTERNATIVE_STEPS = 30_000

/** A path pattern of `rules:changes`, `rules:exists` or `only:changes`. */
export interface Glob {
  /** It has no wildcards: one path alone matches. */
  readonly exact: boolean
  matches(path: string, work: Work): boolean
}

export type CompiledGlob =
  | { readonly kind: 'glob'; readonly glob: Glob }
  | { readonly kind: 'problem'; readonly message: string }

/**
 * Compiles a pattern as Ruby's `File.fnmatch` reads it with FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB: `*` and `?`
 * stay within one folder and match dots too; `**` is special only as a whole folder before a slash; `[a-z]`, `{a,b}`
 * and `\` for the character itself.
 *
 *   docs/*          docs/a.md, not docs/x/a.md
 *   docs/**         the same; with a slash and a star after it, docs/x/a.md too
 */
export function compileGlob(pattern: string, work: Work): CompiledGlob {
  if (pattern.length > MAX_GLOB_LENGTH) return problem(`A path has at most ${MAX_GLOB_LENGTH} characters`)
  const alternatives = expandBraces(pattern)
  if (!alternatives) return problem('The braces of this path stand for more than 256 paths')
  const characters = alternatives.reduce((sum, { length }) => sum + length, 0)
  if (!work.spend(characters * READ_STEPS + (alternatives.length - 1) * ALTERNATIVE_STEPS))
    return problem('The paths of this pipeline take too long to match')
  const globs = alternatives.map(compileOne)
  const [only] = globs
  if (only && globs.length === 1) return { kind: 'glob', glob: only }
  const matches: Glob['matches'] = (path, spent) => globs.some(glob => glob.matches(path, spent))
  return { kind: 'glob', glob: { exact: globs.every(({ exact }) => exact), matches } }
}

function problem(message: string): CompiledGlob {
  return { kind: 'problem', message }
}

/** Most paths are told apart by how they begin and end, which costs nothing. */
function compileOne(pattern: string): Glob {
  const wild = /[*?[\\]/
  const first = pattern.search(wild)
  if (first < 0) return { exact: true, matches: path => path === pattern }
  const prefix = pattern.slice(0, first)
  const suffix = /[^*?[\]\\/]*$/.exec(pattern)![0]
  const source = translated([...pattern])
  if (source === undefined) return { exact: false, matches: () => false }
  let compiled: RE2JS | undefined
  const test = (path: string): boolean => {
    compiled ??= RE2JS.compile(source)
    return compiled.test(path)
  }
  const matches: Glob['matches'] = (path, work) =>
    path.startsWith(prefix) &&
    path.endsWith(suffix) &&
    work.spend(pattern.length * (path.length + (compiled ? 0 : COMPILE_STEPS))) &&
    test(path)
  return { exact: false, matches }
}

/** As an RE2 pattern. Undefined where nothing can match. */
function translated(pattern: readonly string[]): string | undefined {
  let source = '\\A'
  for (let i = 0; i < pattern.length; ) {
    const character = pattern[i]!
    if (character === '[') {
      const found = classAt(pattern, i)
      if (!found) return undefined
      source += found.source
      i = found.end
    } else if (isFolders(pattern, i)) {
      source += '(?:[^/]*/)*'
      i += 3
    } else if (character === '*') {
      source += '[^/]*'
      while (pattern[i] === '*') i++
    } else if (character === '?') {
      source += '[^/]'
      i++
    } else {
      const escaped = character === '\\' && i + 1 < pattern.length
      source += RE2JS.quote(escaped ? pattern[i + 1]! : character)
      i += escaped ? 2 : 1
    }
  }
  return `${source}\\z`
}

function isFolders(pattern: readonly string[], at: number): boolean {
  const starts = at === 0 || pattern[at - 1] === '/'
  return starts && pattern[at] === '*' && pattern[at + 1] === '*' && pattern[at + 2] === '/'
}
