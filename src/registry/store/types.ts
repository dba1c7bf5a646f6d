import type { Bytes, Digest, Instant, Milliseconds, PackId, ProjectId } from '../../core/index.ts'

/**
 * How an object is kept. `landed`: whole, and waits to be packed. `packed`: in a pack; a whole file beside it is a
 * warm copy. `kept`: whole for good, because it is small, or its packing failed too often. `damaged`: neither its
 * whole file nor its pack gives its bytes any more.
 */
export const OBJECT_STATES = ['landed', 'packed', 'kept', 'damaged'] as const
export type ObjectState = (typeof OBJECT_STATES)[number]

/** A row of the index: one object by the SHA-256 of its bytes. */
export interface StoredObject {
  readonly digest: Digest
  readonly size: Bytes
  readonly state: ObjectState
  /** Whether its whole file is there, as far as the index knows. */
  readonly whole: boolean
  /** Holds its recipe; of `packed` always there. */
  readonly pack?: PackId
  /** Digest of its tensors' names, dtypes and shapes: alike in a model's versions. */
  readonly layout?: string
  /** Packings that were begun and not ended. */
  readonly tries: number
  /** Why it stays whole, or is damaged. */
  readonly problem?: string
  readonly createdAt: Instant
  /** When somebody last put it: what a collection's grace period counts from. */
  readonly touchedAt: Instant
  /** When its whole file was last asked for. */
  readonly usedAt: Instant
}

export interface PutOptions {
  readonly maxBytes?: Bytes
  /** Nobody else has the buffers of the stream: each may be freed when it is written. */
  readonly disposable?: boolean
  /** Whose quota it counts against. Without one it counts against none. */
  readonly project?: ProjectId
  /** Objects that it is likely a later state of, nearest first: see `ObjectStore.hint`. */
  readonly ancestors?: readonly Digest[]
}

/** Something that keeps an object from being collected. */
export interface Root {
  readonly digest: Digest
  /** Whose it is: other projects' holdings of the same object are not kept by it. */
  readonly project?: ProjectId
  /** For reports: `version 3 of digits, model.onnx`. */
  readonly why: string
  /** Its whole file stays, whatever the budget of warm copies: it serves now, or may at any moment. */
  readonly warm?: boolean
}

export interface CollectOptions {
  /** Objects that were put less than this ago stay, referenced or not. */
  readonly grace: Milliseconds
  /** Says what would be removed, and removes nothing. */
  readonly dryRun?: boolean
}

export interface CollectReport {
  readonly objects: number
  readonly live: number
  /** Unreferenced, and kept because they are young. */
  readonly young: number
  /** The first of those that were (or would be) removed, largest first. */
  readonly removed: readonly { readonly digest: Digest; readonly size: Bytes; readonly touchedAt: Instant }[]
  readonly removedCount: number
  readonly removedBytes: Bytes
  readonly chunks: number
  readonly packsRemoved: number
  readonly packsRewritten: number
  /** Bytes on disk that are free now, whole files and packs together. */
  readonly freedBytes: Bytes
}

/** What is the matter with the store, and what became of it. */
export interface Finding {
  readonly kind:
    | 'whole-corrupt'
    | 'whole-missing'
    | 'whole-unknown'
    | 'pack-corrupt'
    | 'pack-missing'
    | 'pack-unknown'
    | 'chunk-corrupt'
    | 'chunk-missing'
    | 'object-damaged'
  readonly object?: Digest
  readonly pack?: PackId
  readonly chunk?: Digest
  readonly message: string
  /** Absent: nothing was done. */
  readonly done?: 'repaired' | 'quarantined' | 'recorded'
  /** Versions and files that need the object. */
  readonly neededBy?: readonly string[]
}

export interface CheckReport {
  readonly objects: number
  readonly packs: number
  readonly chunks: number
  readonly bytes: Bytes
  readonly findings: readonly Finding[]
  /** Objects that can't be read any more. */
  readonly damaged: number
}

export interface StoreStats {
  readonly objects: number
  /** All objects' own sizes; what an S3 bucket of files would hold. */
  readonly logicalBytes: Bytes
  /** On disk: objects that are only whole, and packs. Warm copies are told apart: they may go at any time. */
  readonly storedBytes: Bytes
  /** What packing saved of `packed` objects. Sums up to their logical bytes less their packs. */
  readonly saved: {
    /** Pieces that another object has too. */
    readonly dedupe: Bytes
    readonly planes: Bytes
    readonly delta: Bytes
    readonly zstd: Bytes
    /** What recipes, indexes and frames cost: negative. */
    readonly overhead: Bytes
  }
  readonly packed: number
  readonly packs: number
  readonly chunks: number
  readonly warm: { readonly files: number; readonly bytes: Bytes; readonly budget: Bytes }
  readonly waiting: { readonly objects: number; readonly bytes: Bytes }
  /** Objects that stay whole or are damaged, with the reason. */
  readonly failures: readonly { readonly digest: Digest; readonly size: Bytes; readonly problem: string }[]
}

/** What a project holds, as people uploaded it: packing saves disk, not quota. */
export interface ProjectUsage {
  readonly objects: number
  readonly bytes: Bytes
  /** Absent: no limit. */
  readonly quota?: Bytes
}
