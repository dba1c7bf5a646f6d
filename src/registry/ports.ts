import type { Readable } from 'node:stream'
import type { ByteSource, Digest, ProjectId, VersionId } from '../core/index.ts'
import type { Version, VersionRecord } from './types.ts'

/** Bytes by digest. Every adapter passes test/contracts/blob-store. */
export interface BlobStore {
  /**
   * Stores a stream under `expected`. Verifies while writing; a mismatch or a crash leaves nothing.
   * Storing what is there already is a success. Throws BLOB_DIGEST_MISMATCH, BLOB_TOO_LARGE or DISK_FULL.
   */
  put(
    expected: Digest,
    content: Readable,
    limits?: { readonly maxBytes?: number },
  ): Promise<{ readonly size: number }>
  has(digest: Digest): Promise<boolean>
  /** Throws BLOB_NOT_FOUND. */
  open(digest: Digest): Promise<ByteSource>
  /** Streams a whole blob or a range of it. Throws BLOB_NOT_FOUND. */
  stream(digest: Digest, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Path of a local read-only copy, where the adapter has one. */
  localPath(digest: Digest): string | undefined
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
