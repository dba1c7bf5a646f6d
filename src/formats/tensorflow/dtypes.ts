import type { TensorDtype } from '../types.ts'

/** How TensorFlow keeps one element type. */
export interface StoredDtype {
  readonly dtype: TensorDtype
  /** Bytes of one element in files; types below a byte take one each. Absent for text, handles and variants. */
  readonly bytes?: number
  /** Bytes that turn around between byte orders, where that is not the whole element. */
  readonly swaps?: number
  /** Bits of an element that count, where those are less than a byte. */
  readonly bits?: 2 | 4
}

/** tensorflow/core/framework/types.proto, by number. Quantized integers are read as the integers that they are. */
const DTYPES: readonly (StoredDtype | undefined)[] = [
  undefined,
  { dtype: 'float32', bytes: 4 },
  { dtype: 'float64', bytes: 8 },
  { dtype: 'int32', bytes: 4 },
  { dtype: 'uint8', bytes: 1 },
  { dtype: 'int16', bytes: 2 },
  { dtype: 'int8', bytes: 1 },
  { dtype: 'string' },
  { dtype: 'complex64', bytes: 8, swaps: 4 },
  { dtype: 'int64', bytes: 8 },
  { dtype: 'bool', bytes: 1 },
  { dtype: 'int8', bytes: 1 },
  { dtype: 'uint8', bytes: 1 },
  { dtype: 'int32', bytes: 4 },
  { dtype: 'bfloat16', bytes: 2 },
  { dtype: 'int16', bytes: 2 },
  { dtype: 'uint16', bytes: 2 },
  { dtype: 'uint16', bytes: 2 },
  { dtype: 'complex128', bytes: 16, swaps: 8 },
  { dtype: 'float16', bytes: 2 },
  { dtype: 'object' },
  { dtype: 'object' },
  { dtype: 'uint32', bytes: 4 },
  { dtype: 'uint64', bytes: 8 },
  { dtype: 'float8e5m2', bytes: 1 },
  { dtype: 'float8e4m3fn', bytes: 1 },
  { dtype: 'float8e4m3fnuz', bytes: 1 },
  // float8e4m3b11fnuz, which nothing else here has.
  { dtype: 'unknown', bytes: 1 },
  { dtype: 'float8e5m2fnuz', bytes: 1 },
  { dtype: 'int4', bytes: 1, bits: 4 },
  { dtype: 'uint4', bytes: 1, bits: 4 },
  { dtype: 'int2', bytes: 1, bits: 2 },
  { dtype: 'uint2', bytes: 1, bits: 2 },
  { dtype: 'float4e2m1', bytes: 1, bits: 4 },
]
/** Reference types of TensorFlow 1 are numbered from here. */
const REFERENCES = 100

/** The element type of a DataType; undefined for DT_INVALID and numbers of later versions. */
export function storedDtype(number: number): StoredDtype | undefined {
  return DTYPES[number > REFERENCES ? number - REFERENCES : number]
}

/** The name of a DataType for descriptions. */
export function dtypeOf(number: number): TensorDtype {
  return storedDtype(number)?.dtype ?? 'unknown'
}

/** Names as GraphDef's JSON has them. */
export const DTYPE_NAMES: readonly string[] = [
  'DT_INVALID DT_FLOAT DT_DOUBLE DT_INT32 DT_UINT8 DT_INT16 DT_INT8 DT_STRING DT_COMPLEX64 DT_INT64 DT_BOOL',
  'DT_QINT8 DT_QUINT8 DT_QINT32 DT_BFLOAT16 DT_QINT16 DT_QUINT16 DT_UINT16 DT_COMPLEX128 DT_HALF DT_RESOURCE',
  'DT_VARIANT DT_UINT32 DT_UINT64 DT_FLOAT8_E5M2 DT_FLOAT8_E4M3FN DT_FLOAT8_E4M3FNUZ DT_FLOAT8_E4M3B11FNUZ',
  'DT_FLOAT8_E5M2FNUZ DT_INT4 DT_UINT4 DT_INT2 DT_UINT2 DT_FLOAT4_E2M1FN',
].flatMap(line => line.split(' '))
