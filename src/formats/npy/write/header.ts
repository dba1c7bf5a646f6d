import { elementCount } from '../../../core/index.ts'
import { failing } from '../../errors.ts'
import type { RecordField, TensorDtype } from '../../types.ts'

const unsupported = failing(
  'FORMAT_UNSUPPORTED',
  'Convert it to a type that numpy has (float32 for bfloat16), or write safetensors.',
)

/** An array that is written: its elements little-endian, in C order, whole or in pieces; or texts. */
export interface ArrayToWrite {
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly data: Uint8Array | AsyncIterable<Uint8Array> | readonly string[]
  /** Of records and opaque elements. */
  readonly itemBytes?: number
  readonly fields?: readonly RecordField[]
  /** Of dates and time spans: `D`, `ns`. */
  readonly unit?: string
}

const DESCRS: ReadonlyMap<TensorDtype, string> = new Map([
  ['bool', '|b1'],
  ['uint8', '|u1'],
  ['int8', '|i1'],
  ['uint16', '<u2'],
  ['int16', '<i2'],
  ['uint32', '<u4'],
  ['int32', '<i4'],
  ['uint64', '<u8'],
  ['int64', '<i8'],
  ['float16', '<f2'],
  ['float32', '<f4'],
  ['float64', '<f8'],
  ['float128', '<f16'],
  ['complex64', '<c8'],
  ['complex128', '<c16'],
])

export interface Stored {
  /** As a Python literal: `'<f4'`. */
  readonly descr: string
  readonly itemBytes: number
}

/** What numpy calls a type. Throws FORMAT_UNSUPPORTED where it has none. */
export function storedAs(array: ArrayToWrite): Stored {
  const { dtype, fields, unit, itemBytes = 0 } = array
  const plain = DESCRS.get(dtype)
  if (plain) return { descr: `'${plain}'`, itemBytes: Number(plain.slice(2)) }
  if (dtype === 'datetime64') return { descr: `'<M8${unit ? `[${unit}]` : ''}'`, itemBytes: 8 }
  if (dtype === 'timedelta64') return { descr: `'<m8${unit ? `[${unit}]` : ''}'`, itemBytes: 8 }
  if (dtype === 'opaque' && itemBytes > 0) return { descr: `'|V${itemBytes}'`, itemBytes }
  if (dtype === 'record' && fields) return { descr: recordOf(fields, itemBytes), itemBytes }
  throw unsupported(`numpy has no type for ${dtype}`)
}

/** Fields with their gaps as nameless padding, as numpy.save writes aligned records. */
function recordOf(fields: readonly RecordField[], itemBytes: number): string {
  const parts: string[] = []
  let at = 0
  const pad = (to: number): void => {
    if (to < at) throw unsupported('numpy.save writes no records whose fields overlap or are out of order')
    if (to > at) parts.push(`('', '|V${to - at}')`)
  }
  for (const field of fields) {
    const { name, offset, shape } = field
    pad(offset)
    const { descr, itemBytes: bytes } = storedAs({ ...field, data: [] })
    parts.push(`(${quote(name)}, ${descr}${shape.length > 0 ? `, ${tupleOf(shape)}` : ''})`)
    at = offset + bytes * elementCount(shape)
  }
  pad(itemBytes)
  return `[${parts.join(', ')}]`
}

/** Magic, version and dictionary, padded as numpy.save pads them: room for the first size to grow, then to 64 bytes. */
export function headerOf({ descr }: Stored, shape: readonly number[]): Uint8Array {
  const growth = shape.length > 0 ? 21 - String(shape[0]).length : 0
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${tupleOf(shape)}, }${' '.repeat(growth)}`
  const latin = /^[\x00-\xff]*$/.test(text)
  const body = Buffer.from(text, latin ? 'latin1' : 'utf8')
  const short = latin && body.length + 10 + 64 < 65_536
  const prefix = short ? 10 : 12
  const length = Math.ceil((prefix + body.length + 1) / 64) * 64 - prefix
  const header = Buffer.alloc(prefix + length, ' ')
  header.write('\x93NUMPY', 'latin1')
  header.writeUInt16BE(latin ? (short ? 0x0100 : 0x0200) : 0x0300, 6)
  if (short) header.writeUInt16LE(length, 8)
  else header.writeUInt32LE(length, 8)
  header.set(body, prefix)
  header[header.length - 1] = 0x0a
  return header
}

function tupleOf(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
}
