import type { Tensors } from '../../../core/index.ts'
import { ModelError, type ModelErrorCode, type ModelSignature } from '../../../model/index.ts'
import type { LaneOptions } from './lane.ts'
import type { Parcel } from './parcel.ts'

/**
 * Bytes of each half of the slab, the memory that both threads see: the inputs' half and the outputs'. The native
 * library takes no shared memory, so the thread copies what it reads there; past here that copy costs more than
 * handing over a buffer. Measured on 2 cores, there and back, in microseconds of CPU:
 *
 *              slab  handed over
 *     3 kB       54           91
 *   600 kB      222          138
 *     8 MB    1,209          583
 *
 * Waking by Atomics instead of a message saved 4.
 */
export const SLAB_BYTES: number = 128 * 1024

/** The first message to a lane's thread: until then it has loaded nothing but what every lane needs. */
export interface OpenMessage extends LaneOptions {
  readonly slab: SharedArrayBuffer
}

export interface RunMessage {
  readonly parcel: Parcel
  /** Holds the inputs where the slab is too small; comes back with the answer. */
  readonly buffer: ArrayBuffer | undefined
  readonly outputs: readonly string[] | undefined
}

/** Outputs: in the slab; or, where that is too small, the tensors themselves, their buffers handed over. */
export type Carried =
  | { readonly by: 'slab'; readonly parcel: Parcel }
  | { readonly by: 'message'; readonly tensors: Tensors }

export type LaneMessage =
  | { readonly kind: 'ready'; readonly signature: ModelSignature }
  | {
      readonly kind: 'done'
      readonly inferMs: number
      readonly buffer: ArrayBuffer | undefined
      readonly outputs: Carried
    }
  | { readonly kind: 'failed'; readonly error: WireError; readonly buffer: ArrayBuffer | undefined }

/** An error loses its class between threads. */
export interface WireError {
  readonly message: string
  /** Of a ModelError. */
  readonly code: ModelErrorCode | undefined
  readonly hint: string | undefined
}

export function wireOf(error: unknown): WireError {
  if (error instanceof ModelError) return { message: error.message, code: error.code, hint: error.hint }
  return { message: error instanceof Error ? error.message : String(error), code: undefined, hint: undefined }
}

export function errorOf({ message, code, hint }: WireError): Error {
  if (code === undefined) return new Error(message)
  return new ModelError(code, hint === undefined ? { message } : { message, hint })
}
