import type { Instant } from '../../../core/index.ts'

export const COMPARISONS = ['>=', '<=', '!=', '>', '<', '='] as const
export type Comparison = (typeof COMPARISONS)[number]

export const FIELDS = [
  'model',
  'project',
  'format',
  'commit',
  'digest',
  'alias',
  'scan',
  'stage',
  'data',
  'parent',
  'is',
] as const
export type SearchField = (typeof FIELDS)[number]

/** One condition; all of a query must hold. */
export type SearchTerm =
  /** Somewhere in the model's or a file's name, without regard to case. */
  | { readonly kind: 'text'; readonly text: string; readonly not: boolean }
  | {
      readonly kind: 'metric'
      readonly metric: string
      readonly comparison: Comparison
      readonly value: number
    }
  /** `*` stands for any characters; commits, digests and data by their beginning. */
  | { readonly kind: 'field'; readonly field: SearchField; readonly value: string; readonly not: boolean }
  | { readonly kind: 'since' | 'until'; readonly at: Instant }

/** What a version is judged by. */
export interface SearchFacts {
  readonly model: string
  readonly project: string
  readonly number: number
  readonly files: readonly string[]
  readonly commit: string
  readonly digest: string
  readonly createdAt: Instant
  readonly format?: string
  readonly scan?: string
  /** Names that point at it, environments among them. */
  readonly aliases: readonly string[]
  /** Environments where it serves or is tried. */
  readonly stages: readonly string[]
  readonly metrics: Readonly<Record<string, number>>
  /** Digests of what it was trained and judged on. */
  readonly data: readonly string[]
  readonly parent?: number
  readonly expired: boolean
  readonly imported: boolean
}
