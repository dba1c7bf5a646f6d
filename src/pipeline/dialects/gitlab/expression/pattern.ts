import { RE2JS } from 're2js'
import { foreignConstruct } from './constructs.ts'
import { patternSize } from './size.ts'
import { Work } from './work.ts'

/** `/source/flags`, compiled. `i`: any case, `m`: ^ and $ at every line, `s`: a dot is also a line's end, `U`: lazy. */
export interface Pattern {
  readonly source: string
  readonly flags: string
  matches(text: string, work?: Work): boolean
}

export interface PatternProblem {
  /** Character of the source, from 0. */
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

export type CompiledPattern =
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'problem'; readonly problem: PatternProblem }

/** Real patterns are short. */
const MAX_PATTERN_LENGTH = 2_000
/** Instructions of RE2, which takes at most their product with the text's length to match. */
const MAX_PATTERN_SIZE = 2_000
/** Steps of work for an instruction that is compiled: less for its time than for its 220 bytes, which stay. */
const COMPILE_STEPS = 3_000
/** Linux takes no environment variable that is longer, so no job could see the rest anyway. */
const MAX_TEXT_LENGTH = 131_072

/** Compiles for RE2: unanchored, in time proportional to the text. Knows what construct RE2 lacks. */
export function compilePattern(source: string, flags: string, work = new Work()): CompiledPattern {
  if (source.length > MAX_PATTERN_LENGTH) {
    return problem(0, `The pattern has ${source.length} characters; ${MAX_PATTERN_LENGTH} are allowed`)
  }
  const size = patternSize(source)
  if (size > MAX_PATTERN_SIZE) {
    return problem(0, `The pattern is too large: ${size} parts with its repetitions written out`)
  }
  if (!work.spend(size * COMPILE_STEPS)) return problem(0, 'The patterns of this pipeline take too long')
  const plain = source.replaceAll('\\/', '/')
  try {
    const compiled = RE2JS.compile(flags ? `(?${[...new Set(flags)].join('')})${plain}` : plain)
    return { kind: 'pattern', pattern: { source, flags, matches: matcher(compiled) } }
  } catch (error) {
    return refused(source, error)
  }
}

/** Remembers the last answer: the jobs of a matrix ask the same question. */
function matcher(compiled: RE2JS): Pattern['matches'] {
  let last: { readonly text: string; readonly matches: boolean } | undefined
  return (whole, work = new Work()) => {
    const text = whole.slice(0, MAX_TEXT_LENGTH)
    if (last?.text === text) return last.matches
    if (!work.spend(compiled.programSize() * text.length)) return false
    last = { text, matches: compiled.test(text) }
    return last.matches
  }
}

/** A variable's value that is written as a pattern: `/^v\d/i`. Undefined where it is none, or not a valid one. */
export function patternOfValue(value: string, work: Work): Pattern | undefined {
  const end = value.lastIndexOf('/')
  const flags = value.slice(end + 1)
  if (!value.startsWith('/') || end === 0 || !/^[ismU]*$/.test(flags)) return undefined
  const compiled = compilePattern(value.slice(1, end), flags, work)
  return compiled.kind === 'pattern' ? compiled.pattern : undefined
}

function refused(source: string, error: unknown): CompiledPattern {
  const construct = foreignConstruct(source)
  if (construct) {
    return problem(construct.offset, `RE2 patterns can't have ${construct.name}`, construct.hint)
  }
  const reason = error instanceof Error ? error.message.replace('error parsing regexp: ', '') : 'invalid'
  return problem(0, `The pattern is not valid: ${reason.slice(0, 100)}`)
}

function problem(offset: number, message: string, hint?: string): CompiledPattern {
  return { kind: 'problem', problem: { offset, message, ...(hint && { hint }) } }
}
