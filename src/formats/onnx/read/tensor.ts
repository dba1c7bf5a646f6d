import { elementCount } from '../../../core/index.ts'
import type { Field, Range } from '../../protobuf/wire.ts'
import { bytesOf, dtypeOf } from '../dtypes.ts'
import { MAX_EXTERNAL_ENTRIES, MAX_RANK, MAX_STRING_BYTES, malformed, overLimit } from '../limits.ts'
import type { OnnxData, OnnxDtype } from '../types.ts'
import { readEntry } from './entries.ts'
import type { SparseTensorProto, TensorProto } from './proto.ts'
import type { Reading } from './reading.ts'

/** TensorProto's fields. */
const DIMS = 1
const DATA_TYPE = 2
const SEGMENT = 3
const NAME = 8
const RAW_DATA = 9
const EXTERNAL_DATA = 13
const DATA_LOCATION = 14
const EXTERNAL = 1n
/** The fields that hold elements one by one. */
const TYPED_DATA = new Set([4, 5, 6, 7, 10, 11])
/** Messages up to here are kept with a node's attribute, so that its few values can be shown. */
const SMALL_MESSAGE = 256

interface Found {
  name: string
  dtype: OnnxDtype
  readonly shape: number[]
  raw: Range | undefined
  typed: boolean
  external: boolean
  segment: boolean
  readonly entries: Map<string, string>
}

/** A TensorProto without its elements. Throws ONNX_MALFORMED, ONNX_LIMIT or ONNX_EXTERNAL_PATH. */
export async function readTensor(reading: Reading, range: Range, keep = false): Promise<TensorProto> {
  reading.countTensor()
  const found: Found = {
    name: '',
    dtype: 'undefined',
    shape: [],
    raw: undefined,
    typed: false,
    external: false,
    segment: false,
    entries: new Map(),
  }
  await reading.wire.walk(range, field => readField(reading, field, found))
  const elements = elementCount(found.shape)
  const tensor = `The tensor '${found.name}' of shape [${found.shape.join(', ')}]`
  // Eight times as many bits must be counted too.
  if (elements > Number.MAX_SAFE_INTEGER / 128)
    throw overLimit(`${tensor} has more elements than can be counted`)
  const { name, dtype, shape, segment } = found
  const data = dataOf(reading, found, elements, tensor)
  const small = keep && range.end - range.start <= SMALL_MESSAGE
  const message = small ? (await reading.wire.bytes(range, SMALL_MESSAGE, 'a tensor')).slice() : undefined
  return {
    name,
    dtype,
    shape,
    elements,
    data,
    segment,
    checksum: found.entries.get('checksum'),
    range,
    message,
  }
}

/** A SparseTensorProto: 1 values, 2 indices, 3 dims. */
export async function readSparse(reading: Reading, range: Range): Promise<SparseTensorProto> {
  reading.countTensor()
  let [values, indices]: (TensorProto | undefined)[] = []
  const shape: number[] = []
  await reading.wire.walk(range, async field => {
    if (field.number === 3) {
      const name = values?.name ?? ''
      if (field.kind === 'varint') addDimension(name, shape, field.value)
      else if (field.kind === 'bytes')
        await reading.wire.packed(field.range, size => addDimension(name, shape, size))
    } else if (field.kind !== 'bytes') return
    else if (field.number === 1) values = await readTensor(reading, field.range)
    else if (field.number === 2) indices = await readTensor(reading, field.range)
  })
  return { values, indices, shape }
}

/** Waits only where there is something to read: elements that are fields of their own come in millions. */
function readField(reading: Reading, field: Field, found: Found): Promise<void> | void {
  if (TYPED_DATA.has(field.number)) found.typed = true
  else if (field.kind === 'varint') {
    if (field.number === DIMS) addDimension(found.name, found.shape, field.value)
    else if (field.number === DATA_TYPE) found.dtype = dtypeOf(field.value)
    else if (field.number === DATA_LOCATION) found.external = field.value === EXTERNAL
  } else if (field.kind === 'bytes') {
    if (field.number === SEGMENT) found.segment = true
    else if (field.number === RAW_DATA) found.raw = field.range
    else return readPart(reading, field.number, field.range, found)
  }
}

async function readPart(reading: Reading, number: number, range: Range, found: Found): Promise<void> {
  if (number === DIMS) await reading.wire.packed(range, value => addDimension(found.name, found.shape, value))
  else if (number === NAME) found.name = await reading.text(range, 'a tensor name')
  else if (number === EXTERNAL_DATA) {
    const { key, value } = await readEntry(reading, range, MAX_STRING_BYTES)
    found.entries.set(key, value)
    if (found.entries.size > MAX_EXTERNAL_ENTRIES)
      throw overLimit(
        `The tensor '${found.name}' has more than ${MAX_EXTERNAL_ENTRIES} external_data entries`,
      )
  }
}

function addDimension(tensor: string, shape: number[], value: bigint): void {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    const negative = value >= 2n ** 63n
    throw malformed(`The tensor '${tensor}' has a size of ${negative ? BigInt.asIntN(64, value) : value}`)
  }
  shape.push(Number(value))
  if (shape.length > MAX_RANK) throw overLimit(`The tensor '${tensor}' has more than ${MAX_RANK} dimensions`)
}

function dataOf(reading: Reading, found: Found, elements: number, tensor: string): OnnxData {
  const expected = bytesOf(found.dtype, elements)
  if (found.external) return externalData(reading, found, expected, tensor)
  if (!found.raw) {
    if (elements > 0 && !found.typed) throw malformed(`${tensor} has no data`)
    return { kind: 'fields' }
  }
  const length = found.raw.end - found.raw.start
  if (expected !== undefined && length !== expected && !found.segment)
    throw malformed(`${tensor} of ${found.dtype} takes ${expected} bytes, and has ${length}`)
  return { kind: 'raw', offset: found.raw.start, length }
}

function externalData(
  reading: Reading,
  { name, entries }: Found,
  expected: number | undefined,
  tensor: string,
): OnnxData {
  const location = entries.get('location') ?? ''
  reading.external(location, name)
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
