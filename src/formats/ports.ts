import type { ByteSource, Bytes, Digest } from '../core/index.ts'
import type { ModelFile, TensorDtype, Wrapper } from './types.ts'

/** A folder of files that belong together: on disk, behind a URL, in a store. Paths are relative, with `/`. */
export interface FileTree {
  /** For messages. */
  readonly name: string
  /** Files below, links that lead out left out; undefined where it can't be listed (HTTP). */
  list(): Promise<readonly { readonly path: string; readonly size: number }[] | undefined>
  /** Throws PATH_ESCAPES for what leads out, FILE_UNREADABLE for what is missing. The caller closes it. */
  open(path: string): Promise<ByteSource>
}

/** What a reader gets: the main file (unwrapped) and where to find the files that it names. */
export interface ModelInput {
  /** The caller's to close. A folder that is the model (SavedModel) has its `saved_model.pb` here. */
  readonly source: ByteSource
  /** Of the main file in `tree`. */
  readonly path: string
  /** Its bytes as stored: differs from `source.size` under a wrapper. */
  readonly storedSize: number
  readonly wrapper: readonly Wrapper[]
  readonly tree: FileTree
}

/** A model whose description was read, and whose tensors can be. */
export interface OpenModel {
  readonly file: ModelFile
  /**
   * A tensor's elements as its `dtype` says, little-endian, in C order, with bounded memory. Each piece holds
   * whole elements (whole blocks of a block dtype; packed types by whole bytes) and at most `PIECE_BYTES`, unless
   * one element is larger. Not for text and objects (FORMAT_UNSUPPORTED): those have `readText`.
   * Throws TENSOR_MISSING with the nearest names.
   */
  readTensor(name: string, options?: ReadOptions): AsyncGenerator<Uint8Array, void>
  /**
   * The description with every tensor and tree, where `file` leaves them out because telling them takes a pass
   * through the whole of a large file.
   */
  whole?(): Promise<ModelFile>
  /** The elements of a `string` tensor, in C order. */
  readText?(name: string): AsyncGenerator<string, void>
  /** Sources that the reader opened itself. */
  close(): Promise<void>
}

export interface ReadOptions {
  /**
   * Memory that a reader may read pieces into, one over the other: a piece is then valid only until the next is asked
   * for. Where it holds two pieces, the next one may be read while one is used. A reader that has no use for it gives
   * pieces of their own, as without it.
   */
  readonly buffer?: Uint8Array
}

/** The most that one piece of a tensor holds: large enough to be fast, small against any memory. */
export const PIECE_BYTES: number = 1024 * 1024

export type Reader = (input: ModelInput) => Promise<OpenModel>

/**
 * Where a tensor's elements lie in a file as bytes that belong to it alone: in any order of axes or bytes, but not
 * packed. Of one that lies in several runs (chunks of HDF5), one place each.
 */
export interface TensorPlace {
  /** As `TensorInfo.name` or `key`; behind it the part, where there are several: `dense/kernel[0,64]`. */
  readonly name: string
  readonly dtype: TensorDtype
  /** Of what lies there: of a part its own. */
  readonly shape: readonly number[]
  /** The file, relative to the folder of the main one; absent for that itself. */
  readonly path?: string
  readonly offset: number
  readonly bytes: number
  /** Elements of several bytes stand the other way round. */
  readonly bigEndian?: boolean
}

/**
 * Finds the tensors' places without reading elements. Throws as a `Reader`, and knows nothing of what is wrong in what
 * it does not need.
 */
export type Placer = (input: PlacerInput) => Promise<readonly TensorPlace[]>

/** A main file as it is stored: never unwrapped, for what is packed has no places. */
export type PlacerInput = Pick<ModelInput, 'source' | 'path' | 'tree'>

/** Takes the bytes of a file that is written, in order; those of a call are the caller's again when it has resolved. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
  /**
   * Asked once, before the first byte, with a digest of what is about to be written but for elements of tensors: how
   * many of its bytes are there already, from a writer that was stopped. `write` goes on behind them.
   */
  resume?(plan: Digest): Promise<Bytes>
}
