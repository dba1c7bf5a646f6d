/**
 * The chunks of a pack, by column, each in the order of the bodies:
 *
 *   n × digest    32 bytes, of the decoded bytes
 *   n × checksum  u32, CRC-32 of the body
 *   m u32         how many are deltas
 *   m × base      32 bytes, the chunk that it is a delta of
 *   the rest      zstd of: n × stored u32, n × length u32, n × encoding u8, n × depth u8
 *
 * Where a body lies follows from the lengths before it. About 40 bytes a chunk.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Bytes, Digest, PackId } from '../../core/index.ts'
import { ENCODINGS } from '../codec/types.ts'
import { MAX_PIECE_BYTES } from '../layout/types.ts'
import { bytesOfDigests, bytesOfU32s, Cursor } from './cursor.ts'
import { corrupt } from './errors.ts'
import { HEADER_BYTES, viewOf } from './format.ts'
import { type ChunkPlace, MAX_DEPTH } from './types.ts'

const FACTS_BYTES = 10

export function writeRecords(places: readonly ChunkPlace[]): Uint8Array {
  const bases = places.flatMap(({ base }) => base ?? [])
  const facts = Buffer.concat([
    bytesOfU32s(places.map(({ stored }) => stored)),
    bytesOfU32s(places.map(({ length }) => length)),
    Uint8Array.from(places, ({ encoding }) => ENCODINGS.indexOf(encoding)),
    Uint8Array.from(places, ({ depth }) => depth),
  ])
  return Buffer.concat([
    bytesOfDigests(places.map(({ chunk }) => chunk)),
    bytesOfU32s(places.map(({ checksum }) => checksum)),
    bytesOfU32s([bases.length]),
    bytesOfDigests(bases),
    zstdCompressSync(facts),
  ])
}

/** `end`: where the bodies must end. Throws PACK_CORRUPT. */
export function readRecords(
  bytes: Uint8Array,
  count: number,
  pack: { readonly id: PackId; readonly name: string; readonly end: Bytes },
): readonly ChunkPlace[] {
  const cursor = new Cursor(bytes, pack.name)
  const digests = cursor.digests(count)
  const checksums = cursor.u32s(count)
  const bases = cursor.digests(cursor.u32())
  const facts = factsOf(cursor.bytes(cursor.left), count, pack.name)
  const seen = new Set<Digest>()
  let [offset, nextBase] = [HEADER_BYTES, 0]
  const places = digests.map((chunk, index): ChunkPlace => {
    const { stored, length, encoding, depth } = facts(index)
    const base = encoding === 'delta' ? bases[nextBase++] : undefined
    if (seen.has(chunk)) throw corrupt(pack.name, `it lists ${chunk} twice`)
    seen.add(chunk)
    if ((encoding === 'delta') !== (base !== undefined) || (base === undefined) !== (depth === 0))
      throw corrupt(pack.name, `${chunk} is no whole delta`, { chunk })
    const place = {
      chunk,
      pack: pack.id,
      offset,
      stored,
      length,
      encoding,
      depth,
      checksum: checksums[index]!,
    }
    offset += stored
    return base === undefined ? place : { ...place, base }
  })
  if (nextBase !== bases.length)
    throw corrupt(pack.name, `it lists ${bases.length} bases for ${nextBase} deltas`)
  if (offset !== pack.end)
    throw corrupt(pack.name, `its ${count} bodies end at ${offset}, not at ${pack.end}`)
  return places
}

function factsOf(packed: Uint8Array, count: number, pack: string) {
  let facts: Uint8Array
  try {
    facts = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, FACTS_BYTES * count) })
  } catch (cause) {
    throw corrupt(pack, 'its records do not decompress', {}, cause)
  }
  if (facts.byteLength !== FACTS_BYTES * count)
    throw corrupt(pack, `its records have ${facts.byteLength} bytes for ${count} chunks`)
  const view = viewOf(facts)
  return (index: number) => {
    const stored = view.getUint32(4 * index, true)
    const length = view.getUint32(4 * (count + index), true)
    const encoding = ENCODINGS[facts[8 * count + index]!]
    const depth = facts[9 * count + index]!
    if (encoding === undefined || depth > MAX_DEPTH)
      throw corrupt(pack, `chunk ${index} is of an unknown kind`)
    const most = encoding === 'raw' ? stored : length
    if (length < 1 || length > MAX_PIECE_BYTES || stored < 1 || stored > length || most !== length)
      throw corrupt(pack, `chunk ${index} has ${stored} bytes for ${length}`)
    return { stored, length, encoding, depth }
  }
}
