import { elementCount } from '../../core/index.ts'
import { writePieces } from '../bytes/write-pieces.ts'
import type { ByteSink } from '../ports.ts'
import type { TensorDtype } from '../types.ts'
import { type SafetensorsDtype, storedAs } from './dtypes.ts'
import { fail, MAX_HEADER_BYTES } from './limits.ts'

/** A tensor that is written: its elements little-endian, in C order, whole or in pieces. */
export interface TensorToWrite {
  readonly name: string
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly data: Uint8Array | AsyncIterable<Uint8Array>
}

interface Prepared extends TensorToWrite {
  readonly stored: SafetensorsDtype
  readonly bytes: number
}

/**
 * Writes a safetensors file as the reference implementation does, byte for byte: tensors by falling alignment of
 * their type, then by name; the header padded with spaces to 8 bytes. Data streams through, in that order.
 * Throws FORMAT_UNSUPPORTED for a dtype that safetensors lacks, FORMAT_MALFORMED for a name twice and for data
 * that is not as long as dtype and shape say (when it has already been written in part).
 */
export async function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  sink: ByteSink,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const sorted = Array.from(tensors, prepare).toSorted(
    (a, b) => b.stored.rank - a.stored.rank || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  )
  const header = headerOf(sorted, metadata)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(header.byteLength), true)
  await sink.write(length)
  await sink.write(header)
  for (const tensor of sorted) await writePieces(tensor, sink, fail)
}

function prepare(tensor: TensorToWrite): Prepared {
  const { name, dtype, shape } = tensor
  const stored = storedAs(dtype)
  const place = { name: `the tensor '${name}'` }
  if (!stored) throw fail.unsupported(place, `there is no type for ${dtype}`)
  const bytes = (elementCount(shape) * stored.bits) / 8
  if (!Number.isSafeInteger(bytes) || shape.some(size => !Number.isSafeInteger(size) || size < 0))
    throw fail.malformed(place, `${dtype} [${shape.join(', ')}] is no size of whole bytes`)
  if (name === '__metadata__' || !name.isWellFormed()) throw fail.malformed(place, 'that can be no name')
  return { ...tensor, stored, bytes }
}

function headerOf(tensors: readonly Prepared[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const members: string[] = []
  const names = new Set<string>()
  const place = { name: 'the header' }
  if (metadata.size > 0) {
    const entries = Array.from(metadata, ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    members.push(`"__metadata__":{${entries.join(',')}}`)
  }
  let offset = 0
  for (const { name, stored, shape, bytes } of tensors) {
    if (names.has(name)) throw fail.malformed(place, `two tensors are named '${name}'`)
    names.add(name)
    const info = { dtype: stored.name, shape, data_offsets: [offset, offset + bytes] }
    members.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`)
    offset += bytes
  }
  const json = Buffer.from(`{${members.join(',')}}`)
  const header = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ')
  if (header.length > MAX_HEADER_BYTES)
    throw fail.limit(place, `it would take ${header.length} bytes; readers stop at ${MAX_HEADER_BYTES}`)
  json.copy(header)
  return header
}
