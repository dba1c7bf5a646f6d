import type { Location } from '../../../core/index.ts'
import type { Located } from '../../yaml/located.ts'

/**
 * The files after includes, inputs, anchors, `extends` and `!reference`: located values, and no trace of how they
 * were put together but their places.
 */
export interface MergedConfig {
  /** `default`, `workflow`, `stages`, `variables`, `image` …: everything at the top that is no job. */
  readonly globals: ReadonlyMap<string, Keyed>
  /** Jobs that are not hidden, in the order in which they first appear. */
  readonly jobs: ReadonlyMap<string, Keyed>
}

export interface Keyed {
  readonly key: string
  readonly keyAt: Location
  readonly value: Located
}

export type When = 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed' | 'never'

export interface NeedSpec {
  readonly at: Location
  readonly job: string
  readonly artifacts: boolean
  readonly optional: boolean
  /** Only these of a matrix: each a choice of values, as `parallel: matrix:` has them. */
  readonly matrix?: readonly Readonly<Record<string, readonly string[]>>[]
}

/** A job of another pipeline, whose artifacts are wanted. Nobody waits for it. Texts have variables in them. */
export interface ElsewhereNeed {
  readonly at: Location
  readonly job: string
  /** Of this project's pipeline, else the latest of another project's ref. */
  readonly from:
    | { readonly kind: 'pipeline'; readonly pipeline: string }
    | { readonly kind: 'project'; readonly project: string; readonly ref: string }
}

/** `needs:` as it is written. */
export interface Needs {
  /** Of this pipeline; undefined where all are elsewhere: then it waits for the earlier stages. */
  readonly jobs?: readonly NeedSpec[]
  readonly elsewhere: readonly ElsewhereNeed[]
  /** Its job takes the state of this project's latest pipeline, and runs nothing. */
  readonly mirror?: string
}

export type AllowFailure = boolean | { readonly exitCodes: readonly number[] }

/** One entry of `rules:`, of a job, of `workflow` or of an `include`. */
export interface Rule {
  readonly at: Location
  readonly if?: { readonly text: string; readonly at: Location }
  readonly changes?: { readonly paths: readonly string[]; readonly compareTo?: string }
  readonly exists?: { readonly paths: readonly string[]; readonly project?: string; readonly ref?: string }
  readonly when?: When
  /** `start_in`, as written. */
  readonly startIn?: string
  readonly allowFailure?: AllowFailure
  readonly variables?: readonly VariableSpec[]
  readonly needs?: Needs
  readonly interruptible?: boolean
  readonly autoCancel?: { readonly onNewCommit?: string; readonly onJobFailure?: string }
}

/** `only:` or `except:`. */
export interface RefPolicy {
  readonly at: Location
  readonly refs?: readonly string[]
  readonly variables?: readonly { readonly text: string; readonly at: Location }[]
  readonly changes?: readonly string[]
  readonly kubernetes?: boolean
}

export interface VariableSpec {
  readonly name: string
  readonly value: string
  /** false: `expand: false`. */
  readonly expand: boolean
  /** File variable. */
  readonly file: boolean
}
