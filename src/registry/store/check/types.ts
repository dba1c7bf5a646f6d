import type { Bytes, Clock, Digest, Logger, PackId } from '../../../core/index.ts'
import type { PieceCodec } from '../../codec/types.ts'
import type { ChunkPlace, PackStore, Recipe } from '../../pack/types.ts'
import type { Locks } from '../locks.ts'
import type { CollectionIndex, ObjectIndex, WholeStore } from '../ports.ts'
import type { Finding, Root, StoredObject } from '../types.ts'

export interface CheckPorts {
  readonly index: ObjectIndex & CollectionIndex
  readonly whole: WholeStore
  readonly packs: PackStore
  readonly codec: PieceCodec
  readonly recipe: (object: StoredObject) => Promise<Recipe>
  readonly locks: Locks
  readonly clock: Clock
  readonly logger: Logger
}

export interface CheckOptions {
  readonly repair: boolean
  /** Who needs what: for reports. */
  readonly roots: AsyncIterable<Root>
  /** Ends it, between two steps of which each leaves the store sound. */
  readonly signal: AbortSignal
  readonly onFinding?: (finding: Finding) => void
  readonly onProgress?: (checked: Bytes, total: Bytes) => void
}

/** What a check has met so far. */
export interface Tally {
  objects: number
  packs: number
  chunks: number
  bytes: Bytes
  readonly found: (finding: Finding) => void
  /** Bytes that were read. */
  readonly read: (bytes: Bytes) => void
}

/** A pack with something wrong in it. */
export interface BadPack {
  readonly id: PackId
  /** `missing`: the file. `tail`: its records, and so its recipes, can't be read. `chunks`: only these. */
  readonly what: 'missing' | 'tail' | 'chunks'
  readonly bad: readonly ChunkPlace[]
  readonly good: readonly ChunkPlace[]
}

/** Chunks that can't be had from where the index says, and the packs that are to blame. */
export interface Damage {
  readonly packs: readonly BadPack[]
  readonly chunks: ReadonlyMap<Digest, ChunkPlace>
}
