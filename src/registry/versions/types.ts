import type {
  Decision,
  Fraction,
  Instant,
  Json,
  MoveId,
  ProjectId,
  RolloutId,
  VersionId,
} from '../../core/index.ts'

/** A version whose bytes a retention policy gave up: manifest and records stay. */
export interface Expiry {
  readonly at: Instant
  /** Which rule, in words. */
  readonly reason: string
}

/** A name for a version, set by hand. `latest` and the environments are names too; Ballast keeps those itself. */
export interface Alias {
  readonly project: ProjectId
  readonly model: string
  readonly name: string
  readonly version: VersionId
  /** Moved and removed by maintainers alone, and only from the version that they expect there. */
  readonly protected: boolean
  readonly movedAt: Instant
  /** A principal's name. */
  readonly movedBy: string
}

/**
 * canary: a version began to take a part of the traffic. served: it took all of it. aborted: it was tried and will
 * not serve. set: of an alias. removed: of an alias, or of an environment that has ended.
 */
export const MOVE_EVENTS = ['canary', 'served', 'aborted', 'set', 'removed'] as const
export type MoveEvent = (typeof MOVE_EVENTS)[number]

export const PLACE_KINDS = ['environment', 'alias'] as const

/** A line of the append-only history of what served where. */
export interface Move {
  readonly id: MoveId
  readonly project: ProjectId
  readonly model: string
  readonly place: { readonly kind: (typeof PLACE_KINDS)[number]; readonly name: string }
  readonly event: MoveEvent
  /** What was moved there or tried; for `removed` what was there until then. */
  readonly version: VersionId
  /** What stood there until then. */
  readonly before?: VersionId
  /** canary: the part that it takes now. aborted: the part that it had. */
  readonly weight?: Fraction
  readonly at: Instant
  /** Who asked: a principal's name. */
  readonly by: string
  readonly decision: Decision
  /** Absent for aliases. A rollout without a job is a rollback. */
  readonly rollout?: RolloutId
  readonly rollback?: boolean
  /** The analysis that was known, where a canary was compared. */
  readonly analysis?: Json
  readonly reason: string
}

/** What keeps a version's bytes, beside what is always kept. At least one member. */
export interface RetentionRules {
  /** The newest so many versions of each model. */
  readonly keepLast?: number
  /** Those registered within so many days. */
  readonly keepDays?: number
  /** The parents of what serves, so many steps back. */
  readonly keepParents?: number
}

/** Rules of a project's models, or of one model, whose own come before its project's. */
export interface RetentionPolicy {
  readonly project: ProjectId
  /** Absent: every model of the project that has no policy of its own. */
  readonly model?: string
  readonly rules: RetentionRules
  readonly setAt: Instant
  readonly setBy: string
}

/** Body of a record of kind `lineage`: what a version came from, as far as it was known at its registration. */
export interface Lineage {
  readonly parent?: {
    readonly version: VersionId
    readonly number: number
    /** The version of the nearest ancestor commit; else what served in production. */
    readonly why: 'commit' | 'production'
  }
  /** What served in production. */
  readonly production?: { readonly version: VersionId; readonly number: number }
  readonly data: readonly {
    readonly role: 'evaluation' | 'training'
    readonly path: string
    readonly digest: string
  }[]
  /** The job whose artifact the model's file is; absent where it was committed as it is. */
  readonly training?: {
    readonly job: string
    readonly name: string
    readonly attempt: string
    readonly attemptNumber: number
    readonly pipeline: string
    readonly file: string
  }
  /** Of the model's configuration. */
  readonly config: string
}
