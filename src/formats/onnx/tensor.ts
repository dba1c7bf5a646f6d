import { elementCount } from '../../core/index.ts'
import type { Field, Range, Wire } from '../protobuf/wire.ts'
import { checkLocation } from './external.ts'
import { MAX_RANK, MAX_STRING_BYTES, malformed, overLimit } from './limits.ts'
import { ONNX_DTYPES, type OnnxData, type OnnxDtype, type OnnxInitializer } from './types.ts'

/** TensorProto's fields. */
const DIMS = 1
const DATA_TYPE = 2
const NAME = 8
const RAW_DATA = 9
const EXTERNAL_DATA = 13
const DATA_LOCATION = 14
const EXTERNAL = 1n
/** The fields that hold elements one by one. */
const TYPED_DATA = new Set([4, 5, 6, 7, 10, 11])

interface Found {
  name: string
  dtype: OnnxDtype
  readonly shape: number[]
  raw: Range | undefined
  typed: boolean
  external: boolean
  readonly entries: Map<string, string>
}

/** A TensorProto without its elements. Throws ONNX_MALFORMED, ONNX_LIMIT or ONNX_EXTERNAL_PATH. */
export async function readTensor(wire: Wire, range: Range): Promise<OnnxInitializer> {
  const found: Found = {
    name: '',
    dtype: 'undefined',
    shape: [],
    raw: undefined,
    typed: false,
    external: false,
    entries: new Map(),
  }
  await wire.walk(range, field => readField(wire, field, found))
  const elements = elementCount(found.shape)
  const tensor = `The tensor '${found.name}' of shape [${found.shape.join(', ')}]`
  if (!Number.isFinite(elements)) throw overLimit(`${tensor} has more elements than can be counted`)
  const { name, dtype, shape } = found
  return { name, dtype, shape, elements, data: dataOf(found, elements, tensor) }
}

async function readField(wire: Wire, field: Field, found: Found): Promise<void> {
  if (field.kind === 'varint') {
    if (field.number === DIMS) addDimension(found, field.value)
    else if (field.number === DATA_TYPE) found.dtype = dtypeOf(field.value)
    else if (field.number === DATA_LOCATION) found.external = field.value === EXTERNAL
    else if (TYPED_DATA.has(field.number)) found.typed = true
  } else if (field.kind === 'fixed') {
    if (TYPED_DATA.has(field.number)) found.typed = true
  } else if (field.number === DIMS) await wire.packed(field.range, value => addDimension(found, value))
  else if (field.number === NAME) found.name = await wire.text(field.range, MAX_STRING_BYTES, 'a tensor name')
  else if (field.number === RAW_DATA) found.raw = field.range
  else if (field.number === EXTERNAL_DATA) await readEntry(wire, field.range, found.entries)
  else if (TYPED_DATA.has(field.number)) found.typed = true
}

function addDimension(found: Found, value: bigint): void {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    const negative = value >= 2n ** 63n
    throw malformed(`The tensor '${found.name}' has a size of ${negative ? BigInt.asIntN(64, value) : value}`)
  }
  found.shape.push(Number(value))
  if (found.shape.length > MAX_RANK)
    throw overLimit(`The tensor '${found.name}' has more than ${MAX_RANK} dimensions`)
}

/** A StringStringEntryProto: 1 key, 2 value. */
export async function readEntry(
  wire: Wire,
  range: Range,
  entries: Map<string, string>,
  most: number = MAX_STRING_BYTES,
): Promise<void> {
  let [key, value] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) key = await wire.text(field.range, MAX_STRING_BYTES, 'a key')
    if (field.number === 2) value = await wire.text(field.range, most, `the value of '${key.slice(0, 100)}'`)
  })
  entries.set(key, value)
}

function dataOf(found: Found, elements: number, tensor: string): OnnxData {
  const expected = bytesOf(found.dtype, elements)
  if (found.external) return externalData(found, expected, tensor)
  if (!found.raw) {
    if (elements > 0 && !found.typed) throw malformed(`${tensor} has no data`)
    return { kind: 'fields' }
  }
  const length = found.raw.end - found.raw.start
  if (expected !== undefined && length !== expected)
    throw malformed(`${tensor} of ${found.dtype} takes ${expected} bytes, and has ${length}`)
  return { kind: 'raw', offset: found.raw.start, length }
}

function externalData({ name, entries }: Found, expected: number | undefined, tensor: string): OnnxData {
  const location = entries.get('location') ?? ''
  checkLocation(location, name)
  const offset = sizeOf(entries.get('offset') ?? '0', 'offset', tensor)
  const given = entries.get('length')
  if (given === undefined) return { kind: 'external', location, offset }
  const length = sizeOf(given, 'length', tensor)
  if (expected !== undefined && length !== expected)
    throw malformed(`${tensor} takes ${expected} bytes, and its external data has ${length}`)
  if (!Number.isSafeInteger(offset + length)) throw malformed(`${tensor} has external data beyond any file`)
  return { kind: 'external', location, offset, length }
}

function sizeOf(text: string, what: string, tensor: string): number {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(size))
    throw malformed(`${tensor} has the external ${what} '${text.slice(0, 40)}'`)
  return size
}

export function dtypeOf(value: bigint): OnnxDtype {
  return ONNX_DTYPES[Number(value)] ?? `unknown-${Number(BigInt.asIntN(32, value))}`
}

/** Bytes of raw elements; types under a byte are packed. Undefined for strings and unknown types. */
export function bytesOf(dtype: OnnxDtype, elements: number): number | undefined {
  const bits = bitsOf(dtype)
  return bits === undefined ? undefined : Math.ceil((elements * bits) / 8)
}

function bitsOf(dtype: OnnxDtype): number | undefined {
  if (dtype === 'bool') return 8
  if (dtype.startsWith('unknown')) return undefined
  // float32, uint4, complex64, bfloat16, float8e4m3fn, float4e2m1: the digits behind the word.
  const match = /^[a-z]+?(\d+)/.exec(dtype)
  return match ? Number(match[1]) : undefined
}
