import type { Instant, ProjectId, VersionId } from '../../core/index.ts'
import type { RecordKind, Version, VersionRecord } from '../types.ts'
import type { Alias, Expiry, Move, RetentionPolicy } from './types.ts'

/** Where a page begins: what is older than this. Two of one instant are told by their ids. */
export interface Before {
  readonly at: Instant
  readonly id: string
}

export interface AliasStore {
  alias(model: string, name: string): Promise<Alias | undefined>
  /** In order of their names. */
  aliases(model: string): Promise<readonly Alias[]>
  /**
   * Sets or moves an alias, with its line of history, in one transaction; only from `expected` where that is given
   * (`null`: from nothing), and with `only` not where it is protected by now. Gives what stands there now: `alias`
   * itself, or what it was when that was not to be replaced. Throws VERSION_EXPIRED.
   */
  setAlias(
    alias: Alias,
    move: Move,
    expected?: VersionId | null,
    only?: 'unprotected',
  ): Promise<Alias | undefined>
  /** As `setAlias`. True when it was removed. */
  removeAlias(
    model: string,
    name: string,
    move: Move,
    expected?: VersionId,
    only?: 'unprotected',
  ): Promise<boolean>
}

/** Written by rollouts and aliases in the transactions that make the changes; never changed, never removed. */
export interface HistoryStore {
  /** Newest first. */
  moves(
    model: string,
    page: {
      readonly place?: Move['place']
      readonly version?: VersionId
      readonly before?: Before
      readonly limit: number
    },
  ): Promise<readonly Move[]>
  /** Newest first: of these models, in every environment or in one. */
  deployed(
    models: readonly string[],
    page: { readonly environment?: string; readonly before?: Before; readonly limit: number },
  ): Promise<readonly Move[]>
}

export interface RetentionStore {
  /** Replaces that of the same project and model. */
  setRetention(policy: RetentionPolicy): Promise<void>
  /** Whether there was one. */
  removeRetention(project: ProjectId, model?: string): Promise<boolean>
  retention(): Promise<readonly RetentionPolicy[]>
  /**
   * Marks versions as expired, but for those that by now serve, are to serve, are aliased or are signed for. Gives
   * those that were marked.
   */
  expire(versions: readonly VersionId[], expiry: Expiry): Promise<readonly VersionId[]>
}

export interface VersionStore extends AliasStore, HistoryStore, RetentionStore {
  /**
   * Gives the next number of the model. The same (model, digest) again returns the version that is there, as new
   * where it had expired: its bytes have come back.
   */
  register(version: Omit<Version, 'number'>): Promise<Version>
  byId(id: VersionId): Promise<Version | undefined>
  byNumber(model: string, number: number): Promise<Version | undefined>
  /** Versions of a model whose digest's hex, or whose commit, begins so; newest first, `limit` at most. */
  byPrefix(model: string, of: 'digest' | 'commit', prefix: string, limit: number): Promise<readonly Version[]>
  /** Newest first. */
  list(model: string, page: { readonly before?: number; readonly limit: number }): Promise<readonly Version[]>
  /** Of all these models together, newest first. */
  newest(
    models: readonly string[],
    page: { readonly before?: Before; readonly limit: number },
  ): Promise<readonly Version[]>
  /** Which project owns the name of a model: the first that registered it. */
  ownerOf(model: string): Promise<ProjectId | undefined>
  /** Names of a project's models, in alphabetical order. */
  modelsOf(project: ProjectId): Promise<readonly string[]>
  addRecord(record: VersionRecord): Promise<void>
  /** In the order in which they were made. */
  records(version: VersionId): Promise<readonly VersionRecord[]>
  /** Of many versions at once, in the order in which they were made. */
  recordsOf(versions: readonly VersionId[], kinds: readonly RecordKind[]): Promise<readonly VersionRecord[]>
}
