import { bitsOf } from '../tensors.ts'
import type { TensorDtype } from '../types.ts'

/**
 * The types of safetensors 0.8 in the order of its enumeration, which is one of growing alignment: files have their
 * tensors the other way round.
 */
const DTYPES: readonly (readonly [name: string, dtype: TensorDtype])[] = [
  ['BOOL', 'bool'],
  ['F4', 'float4e2m1'],
  ['F6_E2M3', 'float6e2m3'],
  ['F6_E3M2', 'float6e3m2'],
  ['U8', 'uint8'],
  ['I8', 'int8'],
  ['F8_E5M2', 'float8e5m2'],
  ['F8_E4M3', 'float8e4m3fn'],
  ['F8_E8M0', 'float8e8m0'],
  ['F8_E4M3FNUZ', 'float8e4m3fnuz'],
  ['F8_E5M2FNUZ', 'float8e5m2fnuz'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['F32', 'float32'],
  ['C64', 'complex64'],
  ['F64', 'float64'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
]

export interface SafetensorsDtype {
  /** As the header has it: `BF16`. */
  readonly name: string
  readonly dtype: TensorDtype
  readonly bits: number
  /** Place in the order of tensors in a file: higher ones come first. */
  readonly rank: number
}

const ALL: readonly SafetensorsDtype[] = DTYPES.map(([name, dtype], rank) => ({
  name,
  dtype,
  bits: bitsOf(dtype)!,
  rank,
}))
const BY_NAME: ReadonlyMap<string, SafetensorsDtype> = new Map(ALL.map(entry => [entry.name, entry]))
const BY_DTYPE: ReadonlyMap<TensorDtype, SafetensorsDtype> = new Map(ALL.map(entry => [entry.dtype, entry]))

export function dtypeNamed(name: string): SafetensorsDtype | undefined {
  return BY_NAME.get(name)
}

/** The type in a file of a type of ours; undefined where safetensors has none (complex128, text …). */
export function storedAs(dtype: TensorDtype): SafetensorsDtype | undefined {
  return BY_DTYPE.get(dtype)
}
