import type { Readable } from 'node:stream'
import type { Bytes, Digest, Instant, PackId, ProjectId } from '../../core/index.ts'
import type { Encoding } from '../codec/types.ts'
import type { ChunkPlace } from '../pack/types.ts'
import type { BlobStore } from '../ports.ts'
import type { ProjectUsage, PutOptions, StoredObject } from './types.ts'

/** Whole files by digest, as they came. Knows nothing of projects or packs. */
export interface WholeStore extends BlobStore {
  /** Takes a stream in and verifies it, but gives it no name yet: what `put` does before its last step. */
  stage(
    expected: Digest,
    content: Readable,
    limits?: Pick<PutOptions, 'maxBytes' | 'disposable'>,
  ): Promise<StagedFile>
  /**
   * An empty file of mode 0600 that becomes an object by `commit`: for who writes by path, and verifies. It survives a
   * power cut after `sync`.
   */
  draft(expected: Digest): Promise<StagedFile>
  /** Throws BLOB_NOT_FOUND. */
  sync(digest: Digest): Promise<void>
  sizeOf(digest: Digest): Promise<Bytes | undefined>
  /** Reads it again and compares. Throws BLOB_NOT_FOUND, BLOB_DIGEST_MISMATCH. */
  verify(digest: Digest): Promise<void>
  /** Of one that is not there: nothing. Who has it open reads on. */
  remove(digest: Digest): Promise<void>
  /** Out of the way, but not gone: what fsck does with damaged bytes. Gives where it lies now. */
  quarantine(digest: Digest): Promise<string>
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: Bytes; readonly modifiedAt: number }>
  /** Where it is, or would be. */
  localPath(digest: Digest): string | undefined
}

export interface StagedFile {
  readonly path: string
  /** Of what was received; 0 of a draft. */
  readonly size: Bytes
  /** Nobody may write it from now on; what is open may be written still. */
  seal(): Promise<void>
  /** Read-only and under its digest. What was received is synced: from here on it survives a power cut. */
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
  /** The project holds the object from now on, as if it had put it. Throws BLOB_NOT_FOUND, QUOTA_EXCEEDED. */
  hold(project: ProjectId, digest: Digest): Promise<void>
  /** Throws QUOTA_EXCEEDED where `project` can't take `bytes` more. Called before bytes are sent. */
  allow(project: ProjectId, bytes: Bytes): Promise<void>
  /**
   * Which earlier objects this one is likely a later state of, nearest first: deltas are looked for against them.
   * Only objects that a project of its own holds count. Of an object that is packed already: too late, and no error.
   */
  hint(digest: Digest, ancestors: readonly Digest[]): Promise<void>
  /** The path of a whole file, if it is there now; who wants it to be uses `materialize`. */
  localPath(digest: Digest): string | undefined
  /**
   * The path of a whole, verified, read-only copy; restored from its pack where there is none, once for all who
   * ask. It stays for at least ten minutes after the last call, and for as long as the object is a warm root.
   */
  materialize(digest: Digest): Promise<string>
  /**
   * The same, told as soon as the bytes are written: for who can use the time that comparing them takes, and relies on
   * nothing before `verified`, which throws what `materialize` throws. Then the file has another name.
   */
  materializeEarly(digest: Digest): Promise<EarlyFile>
}

/** A whole, read-only copy whose bytes may be wrong yet. */
export interface EarlyFile {
  readonly path: string
  readonly verified: boolean
}

/** What the store knows of its objects and chunks: the database. Every adapter passes test/contracts/stores. */
export interface ObjectIndex {
  object(digest: Digest): Promise<StoredObject | undefined>
  /** In order of digest, after `after`. */
  objects(page: { readonly after?: Digest; readonly limit: number }): Promise<readonly StoredObject[]>
  /**
   * The whole file is there: makes the row or touches it. With `hold`, the project holds it too: in the same
   * transaction QUOTA_EXCEEDED is thrown where it can't.
   */
  landed(object: NewObject): Promise<void>
  used(digest: Digest, at: Instant): Promise<void>
  /** The whole file went or came, beside a pack. */
  setWhole(digest: Digest, whole: boolean): Promise<void>
  /** Of whole files beside packs. */
  warmBytes(): Promise<Bytes>
  /** Warm copies that were last used before `before`, the least recently used first. */
  coldest(before: Instant, limit: number): Promise<readonly StoredObject[]>

  /** Throws QUOTA_EXCEEDED, BLOB_NOT_FOUND. */
  hold(project: ProjectId, digest: Digest, at: Instant): Promise<void>
  holdersOf(digest: Digest): Promise<readonly ProjectId[]>
  usage(project: ProjectId): Promise<ProjectUsage>
  /** Throws QUOTA_EXCEEDED where the project can't take `bytes` more. */
  allow(project: ProjectId, bytes: Bytes): Promise<void>
  /** Undefined: no limit. */
  setQuota(project: ProjectId, quota: Bytes | undefined): Promise<void>
  hint(digest: Digest, ancestors: readonly Digest[]): Promise<void>
  /**
   * Packed objects to look for bases in: hints first, then those of the same layout, newest first. All are held by a
   * project that holds this one.
   */
  ancestorsOf(digest: Digest, layout: string | undefined, limit: number): Promise<readonly StoredObject[]>

  /** The one that has waited longest, of those that nothing is known to be wrong with. */
  nextToPack(): Promise<StoredObject | undefined>
  /** A packing begins: gives which try it is, 1 or more. What crashes meanwhile is counted. */
  beginTry(digest: Digest): Promise<number>
  /** One that ended by no fault of the object, such as a stop: not counted. */
  forgiveTry(digest: Digest): Promise<void>
  /** It stays whole, with the reason. */
  keepWhole(digest: Digest, problem?: string): Promise<void>
  damaged(digest: Digest, problem: string): Promise<void>
  /** Back to the queue: `landed`, whole, no tries. */
  requeue(digest: Digest): Promise<void>
  /**
   * The object's pack is durable: its chunks and its row in one transaction. A chunk that is known keeps its place.
   * Throws CHUNKS_GONE, changing nothing, where one that it counts on is not in the index any more.
   */
  packed(result: PackedObject): Promise<void>

  /** Of many, those that are known. */
  chunks(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ChunkPlace>>
  /** In order of offset. */
  chunksOfPack(pack: PackId): Promise<readonly ChunkPlace[]>
  objectsOfPack(pack: PackId): Promise<readonly StoredObject[]>
  /** A pack that the index has not heard of: it, and those of its chunks that are not known elsewhere. */
  learnPack(pack: PackUse, places: readonly ChunkPlace[]): Promise<void>
  /** Its recipe is in the pack; all that it counts on is known. Makes the row where there is none. */
  learnPacked(object: LearntObject): Promise<void>
  /** The chunk is at another place from now on: that one was found damaged. */
  moveChunk(place: ChunkPlace): Promise<void>
  /** In order of id. */
  packs(page: { readonly after?: PackId; readonly limit: number }): Promise<readonly PackUse[]>
  totals(project?: ProjectId): Promise<IndexTotals>
}

/** What a collection does to the index: marks what is in use, then sweeps what is not. `mark`: its own number. */
export interface CollectionIndex {
  /** Numbers grow with every collection. */
  nextMark(): Promise<number>
  markObjects(
    roots: readonly { readonly digest: Digest; readonly project?: ProjectId }[],
    mark: number,
  ): Promise<void>
  markChunks(chunks: readonly Digest[], mark: number): Promise<void>
  /** The bases that marked chunks stand on, theirs, and so on. */
  markBases(mark: number): Promise<void>
  /** Objects in use, or touched since `cutoff`: they stay. In order of digest. */
  staying(page: CollectionPage & { readonly after?: Digest }): Promise<readonly StoredObject[]>
  /** Objects neither in use nor touched since: the largest first. */
  unused(page: CollectionPage): Promise<readonly StoredObject[]>
  /** How many stay by age alone; how many, and how many bytes, go. */
  countUnused(page: Omit<CollectionPage, 'limit'>): Promise<CollectionCount>
  /** Removes the row, if nobody has touched it since: false where somebody did. */
  removeObject(digest: Digest, cutoff: Instant): Promise<boolean>
  /** Holdings neither in use nor younger than `cutoff`. */
  removeHoldings(mark: number, cutoff: Instant): Promise<number>
  /** Of every pack: what of it is marked. */
  packShares(mark: number): Promise<readonly PackShare[]>
  markedChunks(pack: PackId, mark: number): Promise<readonly Digest[]>
  /** With the rows of its chunks. */
  removePack(pack: PackId): Promise<void>
  /** Chunks and recipes of `from` are in `to` now, at these places, and `from` is gone: one transaction. */
  movePack(from: PackId, to: PackUse, places: readonly ChunkPlace[]): Promise<void>
}

export interface CollectionPage {
  readonly mark: number
  readonly cutoff: Instant
  readonly limit: number
}

export interface CollectionCount {
  readonly objects: number
  readonly live: number
  readonly young: number
  readonly unused: number
  readonly unusedBytes: Bytes
}

export interface PackShare extends PackUse {
  /** Objects whose recipe it holds. */
  readonly recipes: number
  readonly chunks: number
  readonly liveChunks: number
  readonly storedBytes: Bytes
  readonly liveBytes: Bytes
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
  readonly pack: PackUse
  readonly layout?: string
  /** What the pack brings. */
  readonly chunks: readonly ChunkPlace[]
  /** Chunks that it counts on, and other packs hold: pieces of the recipe, and bases of deltas. */
  readonly reused: readonly Digest[]
}

export interface LearntObject {
  readonly digest: Digest
  readonly size: Bytes
  readonly pack: PackId
  readonly layout?: string
  /** Whether its whole file is there too. */
  readonly whole: boolean
  readonly at: Instant
}

export interface PackUse {
  readonly id: PackId
  readonly size: Bytes
  readonly createdAt: Instant
}

/** Sums over the index; of one project: over the objects that it holds, and the packs that they came in. */
export interface IndexTotals {
  readonly states: readonly {
    readonly state: StoredObject['state']
    readonly whole: boolean
    readonly objects: number
    readonly bytes: Bytes
  }[]
  readonly packs: { readonly count: number; readonly bytes: Bytes }
  readonly encodings: readonly EncodingTotals[]
  readonly failures: readonly StoredObject[]
}

export interface EncodingTotals {
  readonly encoding: Encoding
  readonly chunks: number
  readonly length: Bytes
  readonly stored: Bytes
}
