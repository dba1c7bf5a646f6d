import { promisify } from 'node:util'
import { inflate, zstdDecompress } from 'node:zlib'
import { messageOf, sourceOf } from '../../../core/index.ts'
import { decompress } from '../../codecs/unwrap.ts'
import type { FormatsError, Place } from '../../errors.ts'
import { fail } from '../failures.ts'
import type { Filter } from '../object/filters.ts'
import { unpackBitshuffle } from './bitshuffle.ts'
import { unpackBlosc } from './blosc.ts'
import { fletcher32 } from './fletcher32.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackLzf } from './lzf.ts'
import { unpackBits } from './nbit.ts'
import { unscale } from './scale-offset.ts'
import { unshuffle } from './shuffle.ts'

const inflated = promisify(inflate)
const unzstd = promisify(zstdDecompress)

/** What filters add to a chunk at most, before others take it: checksums and headers. */
const SLACK_BYTES = 4096

const READ: ReadonlySet<number> = new Set([1, 2, 3, 5, 6, 307, 32000, 32001, 32004, 32008, 32015])

/** Throws FORMAT_UNSUPPORTED for a pipeline with a filter that is not read, by its name. */
export function checkFilters(filters: readonly Filter[], place: Place, what: string): void {
  const unknown = filters.find(({ id }) => !READ.has(id))
  if (!unknown) return
  throw fail.unsupported(
    place,
    `${what} is packed with the filter ${unknown.name} (${unknown.id}), which is not read`,
    {
      hint: 'Write the file again without that filter: h5repack -f GZIP=4 IN OUT.',
    },
  )
}

/** Undoes a pipeline, last filter first. The outcome is of exactly `chunkBytes`, or FORMAT_MALFORMED is thrown. */
export async function unfilter(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  chunkBytes: number,
  place: Place,
): Promise<Uint8Array> {
  const most = chunkBytes + SLACK_BYTES
  let bytes = stored
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask & (2 ** i)) === 0) bytes = await undo(filters[i]!, bytes, most, place)
  }
  if (bytes.byteLength === chunkBytes) return bytes
  throw fail.malformed(place, `a chunk unpacks to ${bytes.byteLength} bytes instead of ${chunkBytes}`)
}

async function undo(filter: Filter, bytes: Uint8Array, most: number, place: Place): Promise<Uint8Array> {
  switch (filter.id) {
    case 1:
      return engine(filter, inflated(bytes, { maxOutputLength: most }), place)
    case 2:
      return unshuffle(bytes, filter.values[0] ?? 1)
    case 3:
      return verified(bytes, place)
    case 5:
      return sound(filter, unpackBits(bytes, filter.values, most), place)
    case 6:
      return sound(filter, unscale(bytes, filter.values, most), place)
    case 307:
      return engine(filter, unbzip2(bytes, most), place)
    case 32000:
      return sound(filter, unpackLzf(bytes, most) ?? 'its bytes are broken', place)
    case 32001:
      return sound(filter, unpackBlosc(bytes, most), place)
    case 32004:
      return sound(filter, unpackLz4(bytes, most), place)
    case 32008:
      return sound(filter, unpackBitshuffle(bytes, filter.values, most), place)
    case 32015:
      return engine(filter, unzstd(bytes, { maxOutputLength: most }), place)
  }
  throw fail.unsupported(place, `the filter ${filter.name} (${filter.id}) is not read`)
}

async function engine(filter: Filter, unpacking: Promise<Uint8Array>, place: Place): Promise<Uint8Array> {
  try {
    return await unpacking
  } catch (cause) {
    throw broken(filter, messageOf(cause), place, cause)
  }
}

async function unbzip2(packed: Uint8Array, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of decompress(sourceOf(packed, 'it'), 'bzip2')) {
    size += piece.byteLength
    if (size > most) throw new RangeError(`it unpacks to more than ${most} bytes`)
    pieces.push(Uint8Array.from(piece))
  }
  return Buffer.concat(pieces)
}

function sound(filter: Filter, outcome: Uint8Array | string, place: Place): Uint8Array {
  if (typeof outcome === 'string') throw broken(filter, outcome, place)
  return outcome
}

function broken(filter: Filter, reason: string, place: Place, cause?: unknown): FormatsError {
  return fail.malformed(place, `a chunk does not unpack with ${filter.name}: ${reason}`, { cause })
}

/** Checks and takes off the checksum behind a chunk. Old releases wrote it with its bytes swapped in pairs. */
function verified(bytes: Uint8Array, place: Place): Uint8Array {
  if (bytes.byteLength < 4) throw fail.malformed(place, 'a chunk has no room for its checksum')
  const end = bytes.byteLength - 4
  const content = bytes.subarray(0, end)
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true)
  const computed = fletcher32(content)
  const swapped = (((computed & 0x00ff00ff) << 8) | ((computed >>> 8) & 0x00ff00ff)) >>> 0
  if (stored === computed || stored === swapped) return content
  throw fail.malformed(place, `the checksum of a chunk is ${stored}, and its bytes give ${computed}`)
}
