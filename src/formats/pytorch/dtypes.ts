import { nameOf, type PickleNode } from '../pickle/index.ts'
import type { TensorDtype } from '../types.ts'

/** An element type of torch. */
export interface TorchDtype {
  /** Torch's own name: `bfloat16`. */
  readonly name: string
  readonly dtype: TensorDtype
  /** Of what torch counts as one element. */
  readonly itemBytes: number
  /** Numbers in one of torch's elements, which its shapes do not count (`float4_e2m1fn_x2`). */
  readonly pairs?: boolean
  /** Numbers in one byte, which its shapes count (`quint4x2`). */
  readonly perByte?: number
  readonly complex?: boolean
}

const ALL: readonly TorchDtype[] = [
  { name: 'float32', dtype: 'float32', itemBytes: 4 },
  { name: 'float64', dtype: 'float64', itemBytes: 8 },
  { name: 'float16', dtype: 'float16', itemBytes: 2 },
  { name: 'bfloat16', dtype: 'bfloat16', itemBytes: 2 },
  { name: 'complex32', dtype: 'unknown', itemBytes: 4, complex: true },
  { name: 'complex64', dtype: 'complex64', itemBytes: 8, complex: true },
  { name: 'complex128', dtype: 'complex128', itemBytes: 16, complex: true },
  { name: 'uint8', dtype: 'uint8', itemBytes: 1 },
  { name: 'int8', dtype: 'int8', itemBytes: 1 },
  { name: 'int16', dtype: 'int16', itemBytes: 2 },
  { name: 'int32', dtype: 'int32', itemBytes: 4 },
  { name: 'int64', dtype: 'int64', itemBytes: 8 },
  { name: 'uint16', dtype: 'uint16', itemBytes: 2 },
  { name: 'uint32', dtype: 'uint32', itemBytes: 4 },
  { name: 'uint64', dtype: 'uint64', itemBytes: 8 },
  { name: 'bool', dtype: 'bool', itemBytes: 1 },
  { name: 'float8_e4m3fn', dtype: 'float8e4m3fn', itemBytes: 1 },
  { name: 'float8_e4m3fnuz', dtype: 'float8e4m3fnuz', itemBytes: 1 },
  { name: 'float8_e5m2', dtype: 'float8e5m2', itemBytes: 1 },
  { name: 'float8_e5m2fnuz', dtype: 'float8e5m2fnuz', itemBytes: 1 },
  { name: 'float8_e8m0fnu', dtype: 'float8e8m0', itemBytes: 1 },
  { name: 'float4_e2m1fn_x2', dtype: 'float4e2m1', itemBytes: 1, pairs: true },
  { name: 'qint8', dtype: 'int8', itemBytes: 1 },
  { name: 'quint8', dtype: 'uint8', itemBytes: 1 },
  { name: 'qint32', dtype: 'int32', itemBytes: 4 },
  { name: 'quint4x2', dtype: 'uint4', itemBytes: 1, perByte: 2 },
  { name: 'quint2x4', dtype: 'uint2', itemBytes: 1, perByte: 4 },
  // Types without arithmetic, which torch stores in bytes.
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits): TorchDtype[] => [
    { name: `uint${bits}`, dtype: 'unknown', itemBytes: 1 },
    { name: `int${bits}`, dtype: 'unknown', itemBytes: 1 },
  ]),
  { name: 'bits8', dtype: 'unknown', itemBytes: 1 },
  { name: 'bits16', dtype: 'unknown', itemBytes: 2 },
]
const BY_NAME: ReadonlyMap<string, TorchDtype> = new Map(ALL.map(entry => [entry.name, entry]))

/** What other names mean: Python's own, and those of old releases. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['float', 'float32'],
  ['double', 'float64'],
  ['half', 'float16'],
  ['long', 'int64'],
  ['int', 'int32'],
  ['short', 'int16'],
  ['cfloat', 'complex64'],
  ['cdouble', 'complex128'],
  ['chalf', 'complex32'],
])

const STORAGES: ReadonlyMap<string, string> = new Map([
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
  ['QInt8Storage', 'qint8'],
  ['QUInt8Storage', 'quint8'],
  ['QInt32Storage', 'qint32'],
  ['QUInt4x2Storage', 'quint4x2'],
  ['QUInt2x4Storage', 'quint2x4'],
  // Counted in bytes.
  ['UntypedStorage', 'uint8'],
  ['_UntypedStorage', 'uint8'],
])

export function torchDtype(name: string): TorchDtype | undefined {
  return BY_NAME.get(ALIASES.get(name) ?? name)
}

/** `torch.float32`, as a global. */
export function dtypeOfNode(node: PickleNode | undefined): TorchDtype | undefined {
  if (node?.kind !== 'global' || node.computed || nameOf(node).module !== 'torch') return undefined
  return torchDtype(nameOf(node).name)
}

/** `torch.FloatStorage`, `torch.storage.UntypedStorage`, `torch.cuda.HalfStorage`, as a global. */
export function dtypeOfStorage(node: PickleNode | undefined): TorchDtype | undefined {
  if (node?.kind !== 'global' || node.computed || !/^torch(\.|$)/.test(nameOf(node).module)) return undefined
  const dtype = STORAGES.get(nameOf(node).name)
  return dtype === undefined ? undefined : torchDtype(dtype)
}

/** Types of exported programs by their number. */
const SCALAR_TYPES: readonly (string | undefined)[] = [
  undefined,
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  'complex32',
  'complex64',
  'complex128',
  'bool',
  'bfloat16',
  ...new Array<undefined>(14),
  'uint16',
  'float8_e4m3fn',
  'float8_e5m2',
  'float8_e4m3fnuz',
  'float8_e5m2fnuz',
  'float8_e8m0fnu',
  'uint32',
  'uint64',
]

export function dtypeOfScalarType(number: unknown): TorchDtype | undefined {
  const name = typeof number === 'number' ? SCALAR_TYPES[number] : undefined
  return name === undefined ? undefined : torchDtype(name)
}
