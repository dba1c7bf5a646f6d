import { bytesPerElement, type Dtype, elementCount, type Tensor, viewAs } from '../../../core/index.ts'
import { MAX_TEXTS } from '../limits.ts'
import { isStrings, textOf } from '../oip/binary.ts'
import { protocolNameOf } from '../oip/dtypes.ts'
import { refuse } from '../refuse.ts'
import { type FieldReader, WIRE } from './wire.ts'
import type { FieldWriter } from './writer.ts'

/** Fields of InferTensorContents. */
const FIELDS = [
  '',
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
] as const

/** Where the elements of each type stand. Types without a field are sent as raw bytes only. */
const FIELD_OF: Readonly<Record<Dtype, number>> = {
  bool: 1,
  int8: 2,
  int16: 2,
  int32: 2,
  int64: 3,
  uint8: 4,
  uint16: 4,
  uint32: 4,
  uint64: 5,
  float32: 6,
  float64: 7,
  string: 8,
  float16: 0,
  bfloat16: 0,
}

export function hasContents(dtype: Dtype): boolean {
  return FIELD_OF[dtype] > 0
}

/**
 * The elements of an InferTensorContents message, packed or not. They are counted before memory is taken for them.
 * Throws REQUEST_INVALID.
 */
export function tensorOfContents(
  name: string,
  dtype: Dtype,
  shape: readonly number[],
  contents: () => FieldReader,
): Tensor {
  const field = FIELD_OF[dtype]
  if (field === 0) {
    throw refuse(
      `The input '${name}' is ${protocolNameOf(dtype)}, which has no contents of its own`,
      'Send it in raw_input_contents.',
    )
  }
  const { count, packed } = counted(name, dtype, field, contents())
  const expected = elementCount(shape)
  if (dtype === 'string' && count > MAX_TEXTS)
    throw refuse(`The input '${name}' has more than ${MAX_TEXTS} texts`)
  if (count !== expected) {
    throw refuse(
      `Expected ${expected} elements for the input '${name}' of shape [${shape.join(', ')}], found ${count} in ${FIELDS[field]}`,
      'The product of shape is the number of elements in contents.',
    )
  }
  if (dtype === 'string') return { dtype, shape, data: strings(name, contents()) }
  if (packed !== undefined) return { dtype, shape, data: viewAs(dtype, packed) }
  return { dtype, shape, data: filled(name, dtype, count, contents()) }
}

/** Elements in the field, and the view of all of them where one packed piece of plain numbers holds them. */
function counted(
  name: string,
  dtype: Dtype,
  field: number,
  reader: FieldReader,
): { readonly count: number; readonly packed: Buffer | undefined } {
  const size = dtype === 'float32' ? 4 : dtype === 'float64' ? 8 : 0
  let count = 0
  let pieces = 0
  let packed: Buffer | undefined
  while (reader.next()) {
    if (reader.field !== field) {
      const found = FIELDS[reader.field] ?? `field ${reader.field}`
      throw refuse(
        `The input '${name}' is ${protocolNameOf(dtype)}: expected ${FIELDS[field]}, found ${found}`,
      )
    }
    pieces++
    if (field === FIELD_OF.string || reader.wire !== WIRE.bytes) {
      count++
      continue
    }
    const content = reader.content()
    count += size === 0 ? varintsIn(content) : content.length / size
    if (size > 0) packed = content
  }
  if (!Number.isInteger(count)) throw refuse(`${FIELDS[field]} of the input '${name}' ends inside a number`)
  return { count, packed: pieces === 1 ? packed : undefined }
}

function varintsIn(bytes: Buffer): number {
  let count = 0
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! < 0x80) count++
  return count
}

function strings(name: string, reader: FieldReader): readonly string[] {
  const texts: string[] = []
  while (reader.next()) texts.push(textOf(name, reader.content()))
  return texts
}

type Numeric = Exclude<Dtype, 'string'>

function filled(
  name: string,
  dtype: Numeric,
  count: number,
  reader: FieldReader,
): Exclude<Tensor['data'], readonly string[]> {
  const bytes = new Uint8Array(count * (bytesPerElement(dtype) ?? 1))
  const put = putter(name, dtype, bytes)
  let at = 0
  while (reader.next()) {
    if (reader.wire !== WIRE.bytes) put(reader, at++)
    else if (FIELD_OF[dtype] >= FIELD_OF.float32) {
      bytes.set(reader.content(), at * bytesPerElement(dtype)!)
      at += reader.content().length / bytesPerElement(dtype)!
    } else {
      const numbers = reader.message()
      while (numbers.nextNumber()) put(numbers, at++)
    }
  }
  return viewAs(dtype, bytes)
}

/** Writes the number that a reader holds as an element. */
function putter(name: string, dtype: Numeric, bytes: Uint8Array): (reader: FieldReader, at: number) => void {
  const data = viewAs(dtype, bytes)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const halves = new Uint32Array(data.buffer)
    return ({ low, high }, at) => {
      halves[2 * at] = low
      halves[2 * at + 1] = high
    }
  }
  if (dtype === 'float32' || dtype === 'float64') {
    const [size, wire] = dtype === 'float32' ? [4, WIRE.fixed32] : [8, WIRE.fixed64]
    return (reader, at) => {
      reader.expect(wire)
      bytes.set(reader.bytes.subarray(reader.start, reader.stop), at * size)
    }
  }
  if (dtype === 'bool') {
    return ({ low, high }, at) => {
      data[at] = low !== 0 || high !== 0 ? 1 : 0
    }
  }
  const signed = dtype.startsWith('int')
  return (reader, at) => {
    const value = signed ? (reader.high | 0) * 2 ** 32 + reader.low : reader.high * 2 ** 32 + reader.low
    data[at] = value
    if (data[at] !== value)
      throw refuse(`The input '${name}' can't hold ${value} as ${protocolNameOf(dtype)}`)
  }
}

/** Writes a tensor's elements as a message of InferTensorContents, where its type has one. */
export function writeContents(writer: FieldWriter, messageField: number, { dtype, data }: Tensor): void {
  const field = FIELD_OF[dtype]
  writer.message(messageField, () => {
    if (isStrings(data)) for (const text of data) writer.element(field, text)
    else if (data instanceof Float32Array || data instanceof Float64Array) {
      if (data.length > 0) writer.raw(field, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    } else writer.packed(field, data)
  })
}
