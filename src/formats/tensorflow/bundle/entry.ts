import type { ByteSource } from '../../../core/index.ts'
import { type Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_RANK } from '../limits.ts'
import { readFullShape } from '../shape.ts'

/** Files of one checkpoint; large ones are written by some hundred hosts. */
const MAX_SHARDS = 10_000
/** Parts of one tensor. */
const MAX_SLICES = 10_000

export interface BundleHeader {
  readonly shards: number
  readonly bigEndian: boolean
}

/** Where a tensor lies, or the parts that it was cut into. */
export interface BundleEntry {
  readonly dtype: number
  readonly shape: readonly number[]
  readonly shard: number
  readonly offset: number
  readonly size: number
  /** Masked CRC-32C of its bytes. */
  readonly crc: number
  readonly slices: readonly BundleSlice[]
}

/** For each dimension where the part begins, and its length; −1 is the whole dimension. */
export type BundleSlice = readonly { readonly start: number; readonly length: number }[]

/** A BundleHeaderProto: 1 num_shards, 2 endianness (1 is big), 3 version. */
export async function readHeader(
  source: ByteSource,
  range: Range,
  fail: TensorflowFailures,
): Promise<BundleHeader> {
  let shards = 0
  let order = 0
  await new Wire(source, fail.wire).walk(range, field => {
    if (field.kind !== 'varint') return
    if (field.number === 1) shards = Number(field.value)
    if (field.number === 2) order = Number(field.value)
  })
  const place = { name: source.name, offset: range.start }
  if (shards > MAX_SHARDS) throw fail.limit(place, `${shards} data files; the limit is ${MAX_SHARDS}`)
  if (order > 1) throw fail.malformed(place, `the byte order ${order} is neither little (0) nor big (1)`)
  return { shards, bigEndian: order === 1 }
}

/** A BundleEntryProto: 1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c, 7 slices. */
export async function readEntry(wire: Wire, range: Range, fail: TensorflowFailures): Promise<BundleEntry> {
  const numbers = new Map<number, bigint>()
  const slices: BundleSlice[] = []
  let shape: number[] = []
  let crc = 0
  const place = { name: wire.source.name, offset: range.start }
  await wire.walk(range, async field => {
    if (field.kind === 'varint') numbers.set(field.number, field.value)
    else if (field.kind === 'fixed' && field.number === 6 && field.bytes === 4)
      crc = uint32(await wire.bytes(field.range, 4, 'a checksum'))
    else if (field.kind === 'bytes' && field.number === 2)
      shape = await readFullShape(wire, field.range, fail)
    else if (field.kind === 'bytes' && field.number === 7) {
      if (slices.length >= MAX_SLICES)
        throw fail.limit(place, `a tensor is cut into more than ${MAX_SLICES} parts`)
      slices.push(await readSlice(wire, field.range, fail))
    }
  })
  const number = (field: number, what: string) => {
    const value = BigInt.asIntN(64, numbers.get(field) ?? 0n)
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER))
      throw fail.malformed(place, `an entry has the ${what} ${value}`)
    return Number(value)
  }
  const [offset, size] = [number(4, 'offset'), number(5, 'size')]
  return { dtype: number(1, 'type'), shape, shard: number(3, 'shard'), offset, size, crc, slices }
}

/** A TensorSliceProto: 1 extent (1 start, 2 length; no length is all). */
async function readSlice(wire: Wire, range: Range, fail: TensorflowFailures): Promise<BundleSlice> {
  const slice: { start: number; length: number }[] = []
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes' || field.number !== 1) return
    const place = { name: wire.source.name, offset: field.range.start }
    if (slice.length >= MAX_RANK) throw fail.limit(place, `a part has more than ${MAX_RANK} dimensions`)
    const extent = { start: 0, length: -1 }
    await wire.walk(field.range, part => {
      if (part.kind !== 'varint' || part.number > 2) return
      if (part.value > BigInt(Number.MAX_SAFE_INTEGER))
        throw fail.malformed(place, `a part begins or ends at ${part.value}`)
      extent[part.number === 1 ? 'start' : 'length'] = Number(part.value)
    })
    slice.push(extent)
  })
  return slice
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
}
