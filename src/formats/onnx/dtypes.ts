import type { TensorDtype } from '../types.ts'
import { ONNX_DTYPES, type OnnxDtype } from './types.ts'

/** The type of a TensorProto.DataType's number; numbers of later releases are told, not refused. */
export function dtypeOf(value: bigint): OnnxDtype {
  return ONNX_DTYPES[Number(value)] ?? `unknown-${Number(BigInt.asIntN(32, value))}`
}

/** Bytes of raw elements; types under a byte are packed. Undefined for strings and unknown types. */
export function bytesOf(dtype: OnnxDtype, elements: number): number | undefined {
  const bits = bitsOf(dtype)
  return bits === undefined ? undefined : Math.ceil((elements * bits) / 8)
}

/** Bits of one element in raw_data. */
export function bitsOf(dtype: OnnxDtype): number | undefined {
  if (dtype === 'bool') return 8
  if (dtype.startsWith('unknown')) return undefined
  // float32, uint4, complex64, bfloat16, float8e4m3fn, float4e2m1: the digits behind the word.
  const match = /^[a-z]+?(\d+)/.exec(dtype)
  return match ? Number(match[1]) : undefined
}

/** The same in the description that all formats share. */
export function storedDtype(dtype: OnnxDtype): TensorDtype {
  return dtype === 'undefined' || dtype.startsWith('unknown') ? 'unknown' : (dtype as TensorDtype)
}
