import type { ByteSource } from '../../../core/index.ts'
import type { Place } from '../../errors.ts'
import { storedDtype } from '../dtypes.ts'
import type { TensorflowFailures } from '../failures.ts'
import { given, piecesOf } from '../pieces.ts'
import type { StoredTensor } from '../tensors.ts'
import { extentOf, givenBytes } from '../tensors.ts'
import type { BundleIndex } from './bundle.ts'
import { crc32c, masked } from './crc32c.ts'
import type { BundleEntry } from './entry.ts'
import { layOut } from './parts.ts'
import type { Shards } from './shards.ts'
import { textElements } from './text.ts'
import { woven } from './weave.ts'

export interface BundleReading {
  readonly index: BundleIndex
  readonly shards: Shards
  readonly fail: TensorflowFailures
  /** Of the index, for messages. */
  readonly name: string
}

/** The tensor under a checkpoint's key, held against the files that it lies in. */
export function bundleTensor(reading: BundleReading, key: string, entry: BundleEntry): StoredTensor {
  const { fail, index } = reading
  const place = { name: `${reading.name}, tensor '${key}'` }
  const stored = storedDtype(entry.dtype) ?? { dtype: 'unknown' as const }
  const { elements, bytes } = extentOf(entry.shape, stored, place, fail)
  const parts = entry.slices.length > 0 ? layOut(key, entry, index, place, fail) : undefined
  for (const { entry: part } of parts?.parts ?? [{ entry }]) checkRange(reading, part, place)
  const turned = index.header.bigEndian && (stored.swaps ?? stored.bytes ?? 1) > 1
  const ways = [turned && 'big-endian', parts && 'partitioned'].filter(
    way => way !== false && way !== undefined,
  )
  const size = givenBytes(elements, stored) ?? (stored.dtype === 'string' ? undefined : entry.size)
  const info = {
    name: key,
    dtype: stored.dtype,
    shape: entry.shape,
    elements,
    ...(size !== undefined && { bytes: size }),
    ...(ways.length > 0 && { stored: ways }),
  }
  if (stored.dtype === 'string' && !parts)
    return { info, text: () => textElements(reading, entry, elements, place) }
  if (bytes === undefined) {
    if (parts) throw fail.unsupported(place, `a partitioned tensor of ${stored.dtype} elements`)
    return { info, bytes: () => verified(reading, entry, place, 1) }
  }
  for (const { entry: part } of parts?.parts ?? [{ entry }]) checkSize(part, stored.bytes!, place, fail)
  const raw = parts
    ? () =>
        woven(
          parts,
          stored.bytes!,
          (part, most) => verified(reading, part.entry, place, stored.bytes!, most),
          () => fail.truncated(place, 'a part ends before its elements do'),
        )
    : () => verified(reading, entry, place, stored.bytes!)
  return { info, bytes: () => given(raw(), stored, index.header.bigEndian) }
}

/** The bytes of one entry; throws behind the last piece where its checksum is wrong. */
async function* verified(
  { shards, fail }: BundleReading,
  entry: BundleEntry,
  place: Place,
  itemBytes: number,
  pieceBytes?: number,
): AsyncGenerator<Uint8Array, void> {
  const range = { start: entry.offset, end: entry.offset + entry.size }
  let crc = 0
  for await (const piece of shards.reading(entry.shard, (source: ByteSource) =>
    piecesOf(source, range, itemBytes, pieceBytes),
  )) {
    crc = crc32c(piece, crc)
    yield piece
  }
  if (masked(crc) !== entry.crc)
    throw fail.malformed(place, `the checksum of its ${entry.size} bytes from ${entry.offset} is wrong`)
}

function checkRange({ shards, fail }: BundleReading, entry: BundleEntry, place: Place): void {
  const file = shards.files[entry.shard]!
  if (entry.offset + entry.size > file.size)
    throw fail.truncated(
      place,
      `it has ${entry.size} bytes from ${entry.offset} of ${file.path}, which has ${file.size}`,
    )
}

function checkSize(entry: BundleEntry, itemBytes: number, place: Place, fail: TensorflowFailures): void {
  const expected = entry.shape.reduce((product, size) => product * size, itemBytes)
  if (entry.size !== expected)
    throw fail.malformed(place, `its shape takes ${expected} bytes, and it has ${entry.size}`)
}
