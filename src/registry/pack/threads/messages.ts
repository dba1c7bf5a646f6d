import type { Bytes } from '../../../core/index.ts'
import type { ElementKind, EncodedPiece } from '../../codec/types.ts'
import type { RegistryErrorCode } from '../../errors.ts'
import type { ChunkPlace } from '../types.ts'

/** A place with the number of its pack's open file, which all threads of a process share. */
export interface OpenPlace extends ChunkPlace {
  readonly fd: number
}

/**
 * Decodes pieces. With `to`, they are written there one behind the other and nothing comes back; nor does it where they
 * are only looked at.
 */
export interface DecodeTask {
  readonly kind: 'decode'
  /** Each as a chain: the piece itself last. */
  readonly chains: readonly (readonly OpenPlace[])[]
  readonly to?: { readonly fd: number; readonly offset: Bytes; readonly path: string } | 'nowhere'
  /** Compare each piece with its digest: where nobody compares the whole afterwards. */
  readonly check: boolean
}

export interface EncodeTask {
  readonly kind: 'encode'
  /** In shared memory: the body may come to lie in its stead. */
  readonly raw: Uint8Array
  readonly elements: ElementKind
  readonly base: Uint8Array<ArrayBuffer> | undefined
}

/** Goes on with the SHA-256 of an open file, from where the last one ended. The last also ends it. */
export interface HashTask {
  readonly kind: 'hash'
  readonly fd: number
  readonly from: Bytes
  readonly to: Bytes
  readonly last: boolean
}

export type Task = DecodeTask | EncodeTask | HashTask

/** By the kind of task. `hash` gives the hex digits after the last. */
export interface Results {
  readonly decode: readonly Uint8Array<ArrayBuffer>[]
  readonly encode: EncodedPiece
  readonly hash: string | undefined
}

export type Answer =
  | { readonly ok: true; readonly result: Results[keyof Results] }
  | { readonly ok: false; readonly error: WireError }

/** An error on its way between threads, which would lose its class. */
export interface WireError {
  readonly kind: 'registry' | 'disk-full' | 'other'
  readonly code?: RegistryErrorCode
  readonly message: string
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}
