import { elementCount } from '../../../core/index.ts'
import type { Hdf5Type, IntegerType } from '../object/types.ts'
import { complexDtype, floatDtype, integerBytes, isPlainInteger } from './numbers.ts'

/** Turns whole stored elements into what a tensor of their dtype holds. May change its argument. */
export type Conversion = (bytes: Uint8Array) => Uint8Array

/** The conversion of a scalar type; undefined where bytes stay as they are. */
export function conversionOf(type: Hdf5Type): Conversion | undefined {
  if ((type.class === 'integer' || type.class === 'bitfield') && !isPlainInteger(type))
    return integerBytes(type) ? bytes => widen(type, bytes) : undefined
  if (type.class === 'enum' && !isPlainInteger(type.base)) return conversionOf(type.base)
  const swaps = swapsOf(type, 0)
  if (swaps.length === 0) return undefined
  const [first] = swaps
  if (swaps.length === 1 && first!.width * first!.count === type.size)
    return bytes => swapAll(bytes, first!.width)
  return bytes => swapWithin(bytes, type.size, swaps)
}

/** Numbers of an element whose bytes are to be reversed. */
interface Swap {
  readonly offset: number
  readonly width: number
  readonly count: number
}

function swapsOf(type: Hdf5Type, offset: number): Swap[] {
  const one = (width: number, count = 1): Swap[] => [{ offset, width, count }]
  const complex = complexDtype(type)
  if (complex) return complex.part.order === 'big' ? one(complex.part.size, 2) : []
  switch (type.class) {
    case 'integer':
    case 'bitfield':
      return type.bigEndian && type.size > 1 && isPlainInteger(type) ? one(type.size) : []
    case 'float':
      return type.order === 'big' && type.size > 1 && floatDtype(type) ? one(type.size) : []
    case 'enum':
      return swapsOf(type.base, offset)
    case 'compound':
      return type.members.flatMap(member => swapsOf(member.type, offset + member.offset))
    case 'array':
      return arraySwaps(type.base, elementCount(type.shape), offset)
    default:
      return []
  }
}

function arraySwaps(base: Hdf5Type, count: number, offset: number): Swap[] {
  const inner = swapsOf(base, 0)
  const [first] = inner
  if (!first) return []
  if (inner.length === 1 && first.width * first.count === base.size)
    return [{ offset, width: first.width, count: first.count * count }]
  // Records within an array: one swap for each field of each.
  return Array.from({ length: count }, (_, i) =>
    inner.map(swap => ({ ...swap, offset: offset + i * base.size + swap.offset })),
  ).flat()
}

function swapAll(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes)
  const buffer = Buffer.from(out.buffer, out.byteOffset, out.byteLength)
  if (width === 2) buffer.swap16()
  else if (width === 4) buffer.swap32()
  else if (width === 8) buffer.swap64()
  else for (let at = 0; at < out.byteLength; at += width) out.subarray(at, at + width).reverse()
  return out
}

function swapWithin(bytes: Uint8Array, size: number, swaps: readonly Swap[]): Uint8Array {
  const out = new Uint8Array(bytes)
  for (let start = 0; start < out.byteLength; start += size) {
    for (const { offset, width, count } of swaps) {
      for (let i = 0; i < count; i++) {
        const at = start + offset + i * width
        out.subarray(at, at + width).reverse()
      }
    }
  }
  return out
}

/** Numbers of other widths, and with bits that do not count: each is taken out and its sign extended. */
function widen(type: IntegerType, bytes: Uint8Array): Uint8Array {
  const { size, bitOffset, precision, signed, bigEndian } = type
  const wide = integerBytes(type)!
  const count = bytes.byteLength / size
  const out = new Uint8Array(count * wide)
  const view = new DataView(out.buffer)
  for (let i = 0; i < count; i++) {
    let value = 0n
    for (let k = 0; k < size; k++) {
      const byte = bytes[i * size + (bigEndian ? k : size - 1 - k)]!
      value = (value << 8n) | BigInt(byte)
    }
    value >>= BigInt(bitOffset)
    value = signed ? BigInt.asIntN(precision, value) : BigInt.asUintN(precision, value)
    const stored = BigInt.asUintN(wide * 8, value)
    for (let k = 0; k < wide; k++) view.setUint8(i * wide + k, Number((stored >> BigInt(8 * k)) & 0xffn))
  }
  return out
}
