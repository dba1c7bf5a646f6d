import type { Readable } from 'node:stream'
import type { ByteSource, Bytes, Digest, Instant, PackId, ProjectId, VersionId } from '../core/index.ts'
import type { Encoding } from './codec/types.ts'
import type { ChunkPlace } from './pack/types.ts'
import type { ProjectUsage, PutOptions, StoredObject } from './store/types.ts'
import type { Version, VersionRecord } from './types.ts'

export type { Encoding } from './codec/types.ts'
export type { ChunkPlace, PackDraft, PackStore } from './pack/types.ts'
export type * from './store/types.ts'

/** Bytes by digest. Every adapter passes test/contracts/blob-store. */
export interface BlobStore {
  /**
   * Stores a stream under `expected`. Verifies while writing; a mismatch or a crash leaves nothing.
   * Storing what is there already is a success. Throws BLOB_DIGEST_MISMATCH, BLOB_TOO_LARGE or DISK_FULL.
   */
  put(expected: Digest, content: Readable, limits?: PutOptions): Promise<{ readonly size: number }>
  has(digest: Digest): Promise<boolean>
  /** Throws BLOB_NOT_FOUND. */
  open(digest: Digest): Promise<ByteSource>
  /** Streams a whole blob or a range of it. Throws BLOB_NOT_FOUND. */
  stream(digest: Digest, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Path of a local read-only copy, where the adapter has one. */
  localPath(digest: Digest): string | undefined
}

/** Whole files by digest, as they came. Knows nothing of projects or packs. */
export interface WholeStore extends BlobStore {
  /** Takes a stream in and verifies it, but gives it no name yet: what `put` does before its last step. */
  stage(expected: Digest, content: Readable, limits?: { readonly maxBytes?: Bytes }): Promise<StagedFile>
  /** An empty file of mode 0600 that becomes an object by `commit`: for who writes by path. */
  draft(expected: Digest): Promise<StagedFile>
  sizeOf(digest: Digest): Promise<Bytes | undefined>
  /** Reads it again and compares. Throws BLOB_NOT_FOUND, BLOB_DIGEST_MISMATCH. */
  verify(digest: Digest): Promise<void>
  /** Of one that is not there: nothing. Who has it open reads on. */
  remove(digest: Digest): Promise<void>
  /** Out of the way, but not gone: what fsck does with damaged bytes. Gives where it lies now. */
  quarantine(digest: Digest): Promise<string>
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: Bytes; readonly modifiedAt: number }>
  localPath(digest: Digest): string | undefined
}

export interface StagedFile {
  readonly path: string
  /** Of what was received; 0 of a draft. */
  readonly size: Bytes
  /** Read-only, synced and under its digest: from here on it survives a power cut. A draft's bytes are verified. */
  commit(): Promise<void>
  abandon(): Promise<void>
}

/**
 * The registry's store: objects that are whole, packed or both, behind the one face. What the server, LFS and
 * versions work with.
 */
export interface ObjectStore extends BlobStore {
  /**
   * As BlobStore's. Also throws QUOTA_EXCEEDED where `project` would hold more than it may: before anything is read
   * where `size` is announced, else when it has been received, and then nothing is kept.
   */
  put(
    expected: Digest,
    content: Readable,
    options?: PutOptions & { readonly size?: Bytes },
  ): Promise<{ readonly size: Bytes }>
  sizeOf(digest: Digest): Promise<Bytes | undefined>
  /** The project holds the object from now on, as if it had put it: another repository's bytes that it may read. */
  hold(project: ProjectId, digest: Digest): Promise<void>
  /** Throws QUOTA_EXCEEDED where `project` can't take `bytes` more. Called before bytes are sent. */
  allow(project: ProjectId, bytes: Bytes): Promise<void>
  /**
   * Which earlier objects this one is likely a later state of, nearest first: deltas are looked for against them.
   * Only objects that the same project holds count. Of an object that is packed already: too late, and no error.
   */
  hint(digest: Digest, ancestors: readonly Digest[]): Promise<void>
  /** The path of a whole file, if it is there now; who wants it to be uses `materialize`. */
  localPath(digest: Digest): string | undefined
  /**
   * The path of a whole, verified, read-only copy; restored from its pack where there is none, once for all who
   * ask. It stays for at least ten minutes after the last call, and for as long as the object is a warm root.
   */
  materialize(digest: Digest): Promise<string>
}

/** What the store knows of its objects and chunks: the database. Every adapter passes test/contracts/object-index. */
export interface ObjectIndex {
  object(digest: Digest): Promise<StoredObject | undefined>
  /** In order of digest, after `after`. */
  objects(page: { readonly after?: Digest; readonly limit: number }): Promise<readonly StoredObject[]>
  /**
   * The whole file is there: makes the row or touches it. With `hold`, the project holds it too: in the same
   * transaction QUOTA_EXCEEDED is thrown where it can't.
   */
  landed(object: NewObject): Promise<StoredObject>
  used(digest: Digest, at: Instant): Promise<void>
  /** The whole file went or came, beside a pack. */
  setWhole(digest: Digest, whole: boolean): Promise<void>

  hold(project: ProjectId, digest: Digest, at: Instant): Promise<void>
  holdersOf(digest: Digest): Promise<readonly ProjectId[]>
  usage(project: ProjectId): Promise<ProjectUsage>
  /** Undefined: no limit. */
  setQuota(project: ProjectId, quota: Bytes | undefined): Promise<void>
  hint(digest: Digest, ancestors: readonly Digest[]): Promise<void>
  /** Objects to look for bases in: hints first, then the same project's packed ones of the same layout, newest first. */
  ancestorsOf(digest: Digest, layout: string | undefined, limit: number): Promise<readonly StoredObject[]>

  /** The one that has waited longest. */
  nextToPack(): Promise<StoredObject | undefined>
  /** A packing begins: gives which try it is, 1 or more. What crashes meanwhile is counted. */
  beginTry(digest: Digest): Promise<number>
  /** One that ended by no fault of the object, such as a stop: not counted. */
  forgiveTry(digest: Digest): Promise<void>
  /** It stays whole, with the reason. */
  keepWhole(digest: Digest, problem?: string): Promise<void>
  damaged(digest: Digest, problem: string): Promise<void>
  /** Back to the queue: `landed`, no tries. */
  requeue(digest: Digest): Promise<void>
  /**
   * The object's pack is durable: its chunks and its row in one transaction. Throws CHUNKS_GONE, changing nothing,
   * where a chunk that it counts on (its own, or another's base) is not in the index any more.
   */
  packed(result: PackedObject): Promise<void>

  /** Of many, those that are known. */
  chunks(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ChunkPlace>>
  chunksOfPack(pack: PackId): AsyncIterable<ChunkPlace>
  packs(page: { readonly after?: PackId; readonly limit: number }): Promise<readonly PackUse[]>
  pack(id: PackId): Promise<PackUse | undefined>
}

export interface NewObject {
  readonly digest: Digest
  readonly size: Bytes
  readonly at: Instant
  /** Small ones are not packed. */
  readonly state: 'landed' | 'kept'
  readonly hold?: ProjectId
  readonly ancestors?: readonly Digest[]
}

export interface PackedObject {
  readonly digest: Digest
  readonly pack: PackId
  readonly packSize: Bytes
  readonly layout?: string
  /** What the pack brings. */
  readonly chunks: readonly ChunkPlace[]
  /** Chunks of the recipe that other packs hold. */
  readonly reused: readonly Digest[]
}

export interface PackUse {
  readonly id: PackId
  readonly size: Bytes
  readonly createdAt: Instant
}

export interface EncodingTotals {
  readonly encoding: Encoding
  readonly chunks: number
  readonly length: Bytes
  readonly stored: Bytes
}

export interface VersionStore {
  /** Gives the next number of the model. The same (model, digest) again returns the version that is there. */
  register(version: Omit<Version, 'number'>): Promise<Version>
  byId(id: VersionId): Promise<Version | undefined>
  byNumber(model: string, number: number): Promise<Version | undefined>
  list(model: string, page: { readonly before?: number; readonly limit: number }): Promise<readonly Version[]>
  /** Which project owns the name of a model: the first that registered it. */
  ownerOf(model: string): Promise<ProjectId | undefined>
  /** Names of a project's models, in alphabetical order. */
  modelsOf(project: ProjectId): Promise<readonly string[]>
  addRecord(record: VersionRecord): Promise<void>
  records(version: VersionId): Promise<readonly VersionRecord[]>
}
