import type { TensorDtype } from '../../types.ts'
import type { FloatType, Hdf5Type, IntegerType } from '../object/types.ts'

/** Bits of a float type: exponent, mantissa, bias, whether the leading bit is implied. The sign is the top bit. */
type FloatLayout = readonly [size: number, exponent: number, mantissa: number, bias: number, implied: boolean]

const FLOATS: readonly (readonly [TensorDtype, FloatLayout])[] = [
  ['float16', [2, 5, 10, 15, true]],
  ['bfloat16', [2, 8, 7, 127, true]],
  ['float32', [4, 8, 23, 127, true]],
  ['float64', [8, 11, 52, 1023, true]],
  ['float128', [16, 15, 64, 16383, false]],
  ['float8e5m2', [1, 5, 2, 15, true]],
  ['float8e4m3fn', [1, 4, 3, 7, true]],
]

/** The dtype that has exactly these bits; undefined for VAX order and layouts of no common machine. */
export function floatDtype(type: FloatType): TensorDtype | undefined {
  const { exponent, mantissa } = type
  const compact =
    type.bitOffset === 0 &&
    type.order !== 'vax' &&
    mantissa.at === 0 &&
    exponent.at === mantissa.bits &&
    type.sign === exponent.at + exponent.bits
  if (!compact) return undefined
  const layout = [type.size, exponent.bits, mantissa.bits, exponent.bias, mantissa.implied]
  return FLOATS.find(([, known]) => known.every((value, i) => value === layout[i]))?.[0]
}

/** Bytes that an integer takes once it is widened to 1, 2, 4 or 8; undefined beyond. */
export function integerBytes({ size }: IntegerType): 1 | 2 | 4 | 8 | undefined {
  return size <= 1 ? 1 : size <= 2 ? 2 : size <= 4 ? 4 : size <= 8 ? 8 : undefined
}

export function integerDtype(type: IntegerType): TensorDtype | undefined {
  const bytes = integerBytes(type)
  return bytes && (`${type.signed ? 'int' : 'uint'}${bytes * 8}` as TensorDtype)
}

/** Whether all bits of an integer's 1, 2, 4 or 8 bytes count, so that at most its order must change. */
export function isPlainInteger(type: IntegerType): boolean {
  return type.bitOffset === 0 && type.precision === type.size * 8 && type.size === integerBytes(type)
}

/** complex64 or complex128, where that is what a type is: HDF5 2.0's own, or h5py's record of r and i. */
export function complexDtype(type: Hdf5Type): { dtype: TensorDtype; part: FloatType } | undefined {
  const part = complexPart(type)
  const dtype = part && floatDtype(part)
  if (!part || (dtype !== 'float32' && dtype !== 'float64')) return undefined
  return { dtype: dtype === 'float32' ? 'complex64' : 'complex128', part }
}

function complexPart(type: Hdf5Type): FloatType | undefined {
  if (type.class === 'complex') return type.base.class === 'float' ? type.base : undefined
  if (type.class !== 'compound' || type.members.length !== 2) return undefined
  const [real, imaginary] = type.members
  if (real?.name !== 'r' || imaginary?.name !== 'i') return undefined
  const [a, b] = [real.type, imaginary.type]
  if (a.class !== 'float' || b.class !== 'float') return undefined
  const same = a.size === b.size && a.order === b.order && floatDtype(a) === floatDtype(b)
  const packed = real.offset === 0 && imaginary.offset === a.size && type.size === 2 * a.size
  return same && packed ? a : undefined
}

/** h5py's bool: an enum of FALSE and TRUE in one byte. */
export function isBool(type: Hdf5Type): boolean {
  if (type.class !== 'enum' || type.size !== 1 || type.members.length !== 2) return false
  const value = (name: string): number | undefined =>
    type.members.find(member => member.name === name)?.value[0]
  return value('FALSE') === 0 && value('TRUE') === 1
}
