import type { Diagnostic, Location } from '../../core/index.ts'
import type { Located } from './located.ts'

export type YamlProblemCode = 'YAML_SYNTAX' | 'YAML_UNSUPPORTED' | 'TOO_LARGE' | 'DUPLICATE_KEY'

type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Where a loader tells what it finds. `error` gives undefined, so that a reader can return it. */
export interface YamlFindings {
  error(at: Location, code: YamlProblemCode, message: string, facts?: Facts): undefined
  warn(at: Location, code: YamlProblemCode, message: string, facts?: Facts): undefined
}

/** What one language makes of YAML. */
export interface YamlOptions {
  readonly maxBytes: number
  /** Of nested values. The parser and what reads the values recurse. */
  readonly maxDepth: number
  /** Values of one document after aliases are laid out: what stops a bomb of aliases of aliases. */
  readonly maxValues: number
  /** Words and signs of one entry of the file, which the parser holds at once: 200 bytes each. */
  readonly maxEntryTokens: number
  /** Told with a tag or directive that isn't known. */
  readonly tagHint: string
  /** Scalars without quotes, tags or a block: absent, as the core schema of YAML 1.2 reads them. */
  readonly plain?: (text: string) => PlainScalar
  /** Merge keys (`<<`). */
  readonly merge: boolean
  /** The second of two equal keys is an error, or wins with a warning. */
  readonly duplicates: 'error' | 'last'
  /** `!reference [a, b]` is a value. */
  readonly references: boolean
  /** Documents that a file may have. */
  readonly maxDocuments: number
}

export interface PlainScalar {
  readonly value: string | number | boolean | null
  /** Instead of what was written, where that would mislead. */
  readonly text?: string
  /** Told as a warning. */
  readonly note?: string
}

/** Looks at texts while a document is laid out. */
export interface YamlHooks {
  /** Another value for a scalar; undefined leaves it. `plain`: without quotes, tags or a block. */
  scalar(text: string, plain: boolean, at: Location): Located | undefined
  key(text: string, at: Location): string
}
