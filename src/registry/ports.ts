import type { Readable } from 'node:stream'
import type { ByteSource, Digest } from '../core/index.ts'
import type { PutOptions } from './store/types.ts'

export type * from './pack/types.ts'
export type * from './store/ports.ts'
export type * from './versions/ports.ts'

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
