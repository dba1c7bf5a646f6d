import type {
  Calendar,
  Fraction,
  Instant,
  Milliseconds,
  PrincipalId,
  ProjectId,
  TokenId,
} from '../core/index.ts'

export const ROLES = ['reader', 'developer', 'maintainer', 'admin'] as const
/** Each holds what those before it hold. Roles are per project; an admin is one everywhere. */
export type Role = (typeof ROLES)[number]

/** The `agent:` scopes belong to agents alone, each to its kind, and give none of the rights below. */
export const SCOPES = [
  'read',
  'push',
  'predict',
  'deploy',
  'trigger',
  'admin',
  'agent:runner',
  'agent:host',
  'agent:gateway',
] as const
export type Scope = (typeof SCOPES)[number]

/** What a route needs. A right is the token's scope ∩ the principal's role. */
export const RIGHTS = [
  'project.read',
  'project.create',
  'project.push',
  'project.push-protected',
  'project.administer',
  'pipeline.control',
  'pipeline.trigger',
  'rollout.control',
  'deploy.approve',
  'model.predict',
  'requests.read',
  'alias.move',
  'alias.move-protected',
  'retention.set',
  'notifications.set',
  'token.manage-own',
  'server.administer',
] as const
export type Right = (typeof RIGHTS)[number]

export interface Principal {
  readonly id: PrincipalId
  readonly name: string
  readonly kind: 'person' | 'service' | 'agent'
  /** Admin of the whole server. */
  readonly admin: boolean
  readonly createdAt: Instant
}

export interface Project {
  readonly id: ProjectId
  /** `digits` or `team/digits`. */
  readonly name: string
  readonly defaultBranch: string
  /**
   * Refs that are protected beside the default branch: `refs/heads/release/*`, `refs/tags/v*`. `*` stands for any
   * characters. Absent: none.
   */
  readonly protectedRefs?: readonly string[]
  readonly createdAt: Instant
}

/** What predictions may take at most. Absent members: no limit. */
export interface PredictionLimits {
  /** Requests a second over time, and how many may come at once before that. */
  readonly rate?: { readonly perSecond: number; readonly burst: number } | undefined
  /** Requests of a calendar day or month in UTC. */
  readonly quota?: { readonly requests: number; readonly per: 'day' | 'month' } | undefined
  /** The best priority that a caller may ask for, 1 before all others; absent: none but the default. */
  readonly priority?: number | undefined
}

/** Only the SHA-256 of a token's secret is kept; the secret has 160 random bits, so a plain hash is enough. */
export interface Token {
  readonly id: TokenId
  readonly principal: PrincipalId
  readonly name: string
  readonly hash: string
  readonly scopes: readonly Scope[]
  /** Only this project, where set. */
  readonly project?: ProjectId
  readonly createdAt: Instant
  readonly expiresAt?: Instant
  readonly revokedAt?: Instant
  readonly lastUsedAt?: Instant
  /** Of its predictions, wherever they go. */
  readonly limits?: PredictionLimits
}

/** Whose a secret is: a project's, or that of every project whose name begins with `<group>/`. */
export type SecretScope = ProjectId | `group:${string}`

/** Which jobs get a secret or plain variable, and how. */
export interface SecretAttributes {
  readonly name: string
  /** Glob of environments; `*` is every job, those without an environment too. */
  readonly environment: string
  /** Jobs get its value, or the path of a file with it. */
  readonly kind: 'variable' | 'file'
  /** Goes to jobs on protected refs only. */
  readonly protected: boolean
  /** Hidden in logs. */
  readonly masked: boolean
  /** `$` in it means nothing. */
  readonly literal: boolean
}

/** A secret as it is kept: its value can't be read without the key of the installation. */
export interface SealedSecret extends SecretAttributes {
  readonly sealed: string
  /** When it was last set. */
  readonly createdAt: Instant
}

export interface ApprovalRule {
  /** What nobody approves in this time is canceled; absent: it waits. */
  readonly expiresMs?: Milliseconds
  /** Not by who pushed, or started the pipeline. */
  readonly byOthers: boolean
}

/** What an environment allows, held by the server: a pushed file requests, it never grants. */
export interface EnvironmentPolicy {
  readonly environment: string
  /** Branch patterns (globs) that may deploy here. */
  readonly branches: readonly string[]
  /** Least role that must approve a deployment; absent: none is needed. */
  readonly approvers?: 'maintainer' | 'admin'
  /** Gates, as text of the gate language, that every version must pass whatever its file says. */
  readonly gates: readonly string[]
  /** Largest first canary step; a file that asks for more is bounded. */
  readonly maxFirstStep: Fraction
  /** Whether predictions need a token with the predict scope. */
  readonly predictions: 'token' | 'public'
  /** Of each model here, all callers together. */
  readonly limits?: PredictionLimits
  /** How approvals are given here; absent: at any time, by whoever may. */
  readonly approval?: ApprovalRule
  /** Only versions that were promoted in this environment come here, whatever their file says. */
  readonly from?: string
  /** When rollouts may move on here; absent: always. */
  readonly calendar?: Calendar
}
