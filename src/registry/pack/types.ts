import type { ByteSource, Bytes, Digest, PackId } from '../../core/index.ts'
import type { Encoding, PieceCodec } from '../codec/types.ts'
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
  /** CRC-32 of the stored body: tells an altered byte without its base. What is given out is checked by `chunk`. */
  readonly checksum: number
}

/** Places of the chunks that are known, for many at once. */
export type FindChunks = (chunks: readonly Digest[]) => Promise<ReadonlyMap<Digest, ChunkPlace>>

/** How many deltas a chunk may stand on: each is one more chunk to read and decode. */
export const MAX_DEPTH = 8

/** Packs: immutable files of chunks and the recipes that were made of them. The server's folder, or a bucket. */
export interface PackStore {
  /** A local file that a pack is written to; it is nobody's until `commit`. */
  draft(): Promise<PackDraft>
  /** Throws PACK_NOT_FOUND. */
  open(id: PackId): Promise<ByteSource>
  /** Path of a local copy, which threads read themselves: of a bucket's, one that was fetched before. */
  localPath(id: PackId): string
  list(): AsyncIterable<{ readonly id: PackId; readonly size: Bytes; readonly modifiedAt: number }>
  /** Of one that is not there: nothing. */
  remove(id: PackId): Promise<void>
  /** Out of the way, but not gone: what fsck does with damaged ones. Gives where it lies now. */
  quarantine(id: PackId): Promise<string>
}

export interface PackDraft {
  readonly id: PackId
  readonly path: string
  /** Synced and under its id: from here on it survives a power cut. */
  commit(): Promise<void>
  abandon(): Promise<void>
}

/** An earlier file that a new one may be a small change of. */
export interface PackBase {
  readonly recipe: Recipe
  /** Bytes of it, from wherever they are. They are compared with their chunk's digest before anything relies on them. */
  read(offset: Bytes, length: Bytes): Promise<Uint8Array>
}

export interface PackRequest {
  readonly source: ByteSource
  /** Of the file, for whoever tells formats apart by it. */
  readonly name: string
  /** What the whole must be; absent where nobody knows yet. */
  readonly digest?: Digest
  /** Chunks that need not be stored again. Asked for some dozens at once, each once. */
  readonly known: (chunks: readonly Digest[]) => Promise<ReadonlyMap<Digest, KnownChunk>>
  /** Nearest first. */
  readonly bases: readonly PackBase[]
  readonly codec: PieceCodec
  /** A fresh draft: it is written, and the caller commits or abandons it. */
  readonly draft: Pick<PackDraft, 'id' | 'path'>
  /** Threads that encode besides this one, which reads and hashes. 0: this one encodes too. Default: 0. */
  readonly threads?: number
  /** Further recipes that the pack carries along: of files that its chunks are deltas of. */
  readonly carry?: readonly Recipe[]
  readonly onProgress?: (done: Bytes) => void
}

/** A `ChunkPlace` is one. */
export interface KnownChunk {
  /** `MAX_DEPTH` or more: nothing is stored as a delta of it. */
  readonly depth: number
}

export interface PackResult {
  readonly recipe: Recipe
  /** What the pack brings, in order. */
  readonly places: readonly ChunkPlace[]
  /** Chunks that it counts on and does not hold: of the recipe, and bases of its deltas. Each once. */
  readonly reused: readonly Digest[]
  readonly stats: PackStats
}

export interface PackStats {
  readonly size: Bytes
  /** The whole pack: bodies, records and footer. */
  readonly packSize: Bytes
  readonly pieces: number
  /** Of pieces that are stored elsewhere, or a second time in this file. */
  readonly reusedBytes: Bytes
  /** Of the pieces that the pack brings, by how they are stored. */
  readonly encodings: Readonly<Record<Encoding, EncodingStats>>
}

export interface EncodingStats {
  readonly pieces: number
  readonly length: Bytes
  readonly stored: Bytes
}

/** What a pack says of itself. */
export interface PackContents {
  readonly id: PackId
  readonly size: Bytes
  readonly places: readonly ChunkPlace[]
  /** The file that it was made of, and whatever it carries along. None after the file was collected. */
  readonly recipes: readonly Recipe[]
}
