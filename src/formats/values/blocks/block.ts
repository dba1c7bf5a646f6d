import { float16At } from '../../../kernels/index.ts'

/**
 * Writes the numbers of the block at `at` behind `to`. All sums and products are rounded to float32 one by one, as
 * ggml's reference does, so that results are the same to the bit.
 */
export type DecodeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void

export function uint16At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return (uint16At(bytes, at) | (uint16At(bytes, at + 2) << 16)) >>> 0
}

export function int8At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) >> 24
}

/** A scale: binary16. */
export function halfAt(bytes: Uint8Array, at: number): number {
  return float16At(uint16At(bytes, at))
}

/** −1 where the bit is set, else 1. */
export function signAt(signs: number, bit: number): 1 | -1 {
  return (signs >> bit) & 1 ? -1 : 1
}
