import { failuresOf } from '../errors.ts'

/** The reference implementation's own limit. */
export const MAX_HEADER_BYTES = 100_000_000
/** The longest headers, of mixtures of experts in one file, have some 50,000 tensors. */
export const MAX_TENSORS = 200_000
/** A tensor is an object, three members, two offsets and its sizes. */
export const MAX_VALUES: number = MAX_TENSORS * 16
/** Header, tensor, shape: deeper is not of this format. */
export const MAX_DEPTH = 8

export const fail = failuresOf(
  'safetensors',
  'Save the model again with the safetensors library, or fetch it again.',
)
