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
  if (swaps.length === 1 && first!.inner.length === 0 && first!.width * first!.count === type.size)
    return bytes => swapAll(bytes, first!.width)
  return bytes => swapWithin(bytes, type.size, swaps)
}

/** What is to be reversed in an element: `count` numbers of `width` bytes, or as many elements with swaps of their own. */
interface Swap {
  readonly offset: number
  readonly width: number
  readonly count: number
  readonly inner: readonly Swap[]
}

function swapsOf(type: Hdf5Type, offset: number): Swap[] {
  const one = (width: number, count = 1, inner: readonly Swap[] = []): Swap[] => [
    { offset, width, count, inner },
  ]
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
    case 'array': {
      const inner = swapsOf(type.base, 0)
      const [first] = inner
      const count = elementCount(type.shape)
      if (!first) return []
      const plain =
        inner.length === 1 && first.inner.length === 0 && first.width * first.count === type.base.size
      return plain ? one(first.width, first.count * count) : one(type.base.size, count, inner)
    }
    default:
      return []
  }
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
  for (let start = 0; start < out.byteLength; start += size) apply(out, start, swaps)
  return out
}

function apply(out: Uint8Array, start: number, swaps: readonly Swap[]): void {
  for (const { offset, width, count, inner } of swaps) {
    for (let i = 0; i < count; i++) {
      const at = start + offset + i * width
      if (inner.length > 0) apply(out, at, inner)
      else out.subarray(at, at + width).reverse()
    }
  }
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
