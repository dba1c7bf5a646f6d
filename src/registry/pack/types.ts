import type { ByteSource, Bytes, Digest, PackId } from '../../core/index.ts'
import type { Encoding } from '../codec/types.ts'
import type { FileLayout } from '../layout/types.ts'

/** A piece by its content. The same bytes in another file, version or project are the same chunk. */
export interface RecipePiece {
  /** SHA-256 of the piece's own bytes, not of what is stored. */
  readonly chunk: Digest
  readonly length: Bytes
}

/** How a file is put together: its pieces in order, without gaps. */
export interface Recipe extends FileLayout {
  /** SHA-256 of the file. */
  readonly digest: Digest
  readonly size: Bytes
  readonly pieces: readonly RecipePiece[]
}

/** Where a chunk is stored. */
export interface ChunkPlace {
  readonly chunk: Digest
  readonly pack: PackId
  /** Of the encoded body in the pack. */
  readonly offset: Bytes
  readonly stored: Bytes
  /** Of the decoded bytes. */
  readonly length: Bytes
  readonly encoding: Encoding
  /** Of a delta: the chunk that it is one of, as long as itself. */
  readonly base?: Digest
  /** 0: decoded by itself; else one more than its base's. */
  readonly depth: number
}

/** How many deltas a chunk may stand on: each is one more chunk to read and decode. */
export const MAX_DEPTH = 8

/** Packs: immutable files of chunks and the recipes that were made of them. The server's folder, or a bucket. */
export interface PackStore {
  /** A local file that a pack is written to; it is nobody's until `commit`. */
  draft(): Promise<PackDraft>
  /** Throws PACK_NOT_FOUND. */
  open(id: PackId): Promise<ByteSource>
  list(): AsyncIterable<{ readonly id: PackId; readonly size: Bytes; readonly modifiedAt: number }>
  /** Of one that is not there: nothing. */
  remove(id: PackId): Promise<void>
}

export interface PackDraft {
  readonly id: PackId
  readonly path: string
  /** Synced and under its id: from here on it survives a power cut. */
  commit(): Promise<void>
  abandon(): Promise<void>
}
