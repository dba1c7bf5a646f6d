import { elementCount } from '../../../core/index.ts'
import type { Attribute } from '../../types.ts'
import type { GlobalHeap } from '../heap/global.ts'
import type { Hdf5Type, StringType } from '../object/types.ts'
import { conversionOf } from './convert.ts'
import { elementOf } from './element.ts'
import { isBool } from './numbers.ts'

/** Bytes of opaque content that stand in a value, in hexadecimal. */
const MAX_HEX_BYTES = 64

/** Where elements of variable length find their content. */
export interface Heap {
  readonly global: GlobalHeap
  readonly addressBytes: number
  /** What may still be decoded, in bytes: many elements may point to one large object. */
  readonly budget: { left: number }
}

/** One stored element as plain JSON: numbers, text, lists, and objects without a prototype for records. */
export async function decodeValue(type: Hdf5Type, bytes: Uint8Array, heap: Heap): Promise<Attribute> {
  spend(heap, bytes.byteLength)
  switch (type.class) {
    case 'string':
      return fixedText(type, bytes)
    case 'vlen-string':
      return decodeText(cutAtNul((await pointedTo(bytes, 1, heap)).content))
    case 'vlen': {
      const { content, count } = await pointedTo(bytes, type.base.size, heap)
      return listOf(type.base, content, count, heap)
    }
    case 'array':
      return nested(await listOf(type.base, bytes, elementCount(type.shape), heap), type.shape)
    case 'compound': {
      const record: Record<string, Attribute> = Object.create(null)
      for (const { name, offset, type: inner } of type.members)
        record[name] = await decodeValue(inner, bytes.subarray(offset, offset + inner.size), heap)
      return record
    }
    case 'enum': {
      if (isBool(type)) return bytes[0] === 1
      const member = type.members.find(({ value }) => Buffer.compare(value, bytes) === 0)
      return member ? member.name : decodeValue(type.base, bytes, heap)
    }
    default:
      return number(type, bytes)
  }
}

async function listOf(type: Hdf5Type, bytes: Uint8Array, count: number, heap: Heap): Promise<Attribute[]> {
  const list: Attribute[] = []
  for (let i = 0; i < count; i++)
    list.push(await decodeValue(type, bytes.subarray(i * type.size, (i + 1) * type.size), heap))
  return list
}

/** A flat list as lists of lists. */
export function nested(flat: readonly Attribute[], shape: readonly number[]): Attribute {
  if (shape.length === 0) return flat[0] ?? null
  let level: readonly Attribute[] = flat
  for (const size of shape.slice(1).toReversed()) {
    const rows: Attribute[] = []
    for (let at = 0; size > 0 && at < level.length; at += size) rows.push(level.slice(at, at + size))
    level = rows
  }
  return level
}

/** An element of variable length: a count, and where its content lies. Nothing for no address. */
async function pointedTo(
  bytes: Uint8Array,
  itemBytes: number,
  heap: Heap,
): Promise<{ content: Uint8Array; count: number }> {
  const { global, addressBytes } = heap
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getUint32(0, true)
  let address = 0
  for (let i = addressBytes - 1; i >= 0; i--) address = address * 256 + bytes[4 + i]!
  const index = view.getUint32(4 + addressBytes, true)
  if (!Number.isSafeInteger(address)) throw heap.global.lost(address)
  if (count === 0 || address === 0 || index === 0) return { content: new Uint8Array(0), count: 0 }
  const object = await global.object(address, index)
  const length = Math.min(object.byteLength, count * itemBytes)
  spend(heap, length)
  return { content: object.subarray(0, length), count: Math.floor(length / itemBytes) }
}

function spend({ budget, global }: Heap, bytes: number): void {
  budget.left -= bytes + 16
  if (budget.left < 0) throw global.exhausted()
}

export function fixedText({ padding }: StringType, bytes: Uint8Array): string {
  if (padding === 'null-terminated') return decodeText(cutAtNul(bytes))
  const filler = padding === 'space-padded' ? 0x20 : 0
  let end = bytes.byteLength
  while (end > 0 && bytes[end - 1] === filler) end--
  return decodeText(bytes.subarray(0, end))
}

function cutAtNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })
const decodeText = (bytes: Uint8Array): string => UTF8.decode(bytes)

function number(type: Hdf5Type, bytes: Uint8Array): Attribute {
  const element = elementOf(type)
  const plain = conversionOf(type)?.(bytes) ?? bytes
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength)
  switch (element.dtype) {
    case 'float16':
      return finite(halfToNumber(view.getUint16(0, true)))
    case 'bfloat16': {
      const wide = new DataView(new ArrayBuffer(4))
      wide.setUint16(2, view.getUint16(0, true), true)
      return finite(wide.getFloat32(0, true))
    }
    case 'float32':
      return finite(view.getFloat32(0, true))
    case 'float64':
      return finite(view.getFloat64(0, true))
    case 'complex64':
      return [finite(view.getFloat32(0, true)), finite(view.getFloat32(4, true))]
    case 'complex128':
      return [finite(view.getFloat64(0, true)), finite(view.getFloat64(8, true))]
    case 'int8':
      return view.getInt8(0)
    case 'uint8':
      return view.getUint8(0)
    case 'int16':
      return view.getInt16(0, true)
    case 'uint16':
      return view.getUint16(0, true)
    case 'int32':
      return view.getInt32(0, true)
    case 'uint32':
      return view.getUint32(0, true)
    case 'int64':
      return exact(view.getBigInt64(0, true))
    case 'uint64':
      return exact(view.getBigUint64(0, true))
    default:
      return hex(plain)
  }
}

const finite = (value: number): Attribute => (Number.isFinite(value) ? value : String(value))

function exact(value: bigint): Attribute {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

function hex(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, MAX_HEX_BYTES)).toString('hex')
  return bytes.byteLength > MAX_HEX_BYTES ? `${text}… (${bytes.byteLength} bytes)` : text
}
