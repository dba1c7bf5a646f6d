import type { TensorPlace } from '../../formats/index.ts'
import type { ElementKind } from '../codec/types.ts'

type Dtype = TensorPlace['dtype']

/** Numbers by their width and form. What is not here has no elements of one width: blocks, records, text. */
const KINDS: Readonly<Partial<Record<Dtype, ElementKind>>> = {
  float32: 'float32',
  complex64: 'float32',
  float64: 'float64',
  complex128: 'float64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  int8: 'int8',
  uint8: 'int8',
  bool: 'int8',
  float8e4m3fn: 'int8',
  float8e4m3fnuz: 'int8',
  float8e5m2: 'int8',
  float8e5m2fnuz: 'int8',
  float8e8m0: 'int8',
  // Packed: a byte of two or four numbers has few values too.
  int4: 'int8',
  uint4: 'int8',
  int2: 'int8',
  uint2: 'int8',
  float4e2m1: 'int8',
  int16: 'int16',
  uint16: 'int16',
  int32: 'int32',
  uint32: 'int32',
  int64: 'int64',
  uint64: 'int64',
  datetime64: 'int64',
  timedelta64: 'int64',
}

/** What a tensor's bytes are to the codec, whose kinds are little-endian. */
export function kindOf({ dtype, bigEndian }: Pick<TensorPlace, 'dtype' | 'bigEndian'>): ElementKind {
  const kind = KINDS[dtype] ?? 'bytes'
  return bigEndian && kind !== 'int8' ? 'bytes' : kind
}
