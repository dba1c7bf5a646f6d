import type { ByteSource } from '../../../core/index.ts'
import { MAX_DIRECTORY_BYTES, MAX_ENTRIES } from '../directory.ts'
import type { EndRecord } from './ends.ts'
import { nameOf, viewOf, widened } from './fields.ts'
import type { Hazards } from './hazards.ts'
import type { CentralHeader } from './types.ts'

const CENTRAL_BYTES = 46
const SIGNATURE = 0x02014b50

/**
 * The records of the directory, as far as they can be read: both of them, where it is in one place by its offset and
 * in another by its size.
 */
export async function readCentral(
  source: ByteSource,
  end: EndRecord,
  hazards: Hazards,
): Promise<readonly CentralHeader[]> {
  const places = await directoriesOf(source, end)
  if (end.entries > 0 && places.length === 0)
    hazards.add('directory-broken', end.offset, `no directory is at ${end.stated}, where the end record says`)
  if (places.length > 1)
    hazards.add('two-directories', places[1]!, `a directory is at ${places[0]}, and another at ${places[1]}`)
  const all: CentralHeader[] = []
  for (const place of places) {
    // What stands in front of the archive moves every offset in it.
    const shift = place === end.adjacent ? end.adjacent - end.stated : 0
    const records = await readRecords(source, place, end, shift, hazards)
    if (records.length !== end.entries)
      hazards.add(
        'count-differs',
        place,
        `the end record says ${end.entries} entries, the directory has ${records.length}`,
      )
    for (const record of records) all.push(record)
  }
  return all
}

async function directoriesOf(source: ByteSource, end: EndRecord): Promise<readonly number[]> {
  const places: number[] = []
  for (const place of new Set([end.adjacent, end.stated])) {
    if (!(Number.isSafeInteger(place) && place >= 0 && place + CENTRAL_BYTES <= end.offset)) continue
    if (viewOf(await source.read(place, 4)).getUint32(0, true) === SIGNATURE) places.push(place)
  }
  return places
}

async function readRecords(
  source: ByteSource,
  place: number,
  end: EndRecord,
  shift: number,
  hazards: Hazards,
): Promise<CentralHeader[]> {
  const length = Math.min(end.offset - place, MAX_DIRECTORY_BYTES)
  const bytes = await source.read(place, length)
  const records: CentralHeader[] = []
  let at = 0
  while (at + CENTRAL_BYTES <= length && viewOf(bytes.subarray(at)).getUint32(0, true) === SIGNATURE) {
    const record = parseRecord(bytes, at, place, shift)
    if (record === undefined || records.length === MAX_ENTRIES) break
    records.push(record.header)
    at += record.length
  }
  if (records.length === MAX_ENTRIES || (length === MAX_DIRECTORY_BYTES && at + CENTRAL_BYTES > length))
    hazards.add(
      'too-many',
      place,
      `the directory has more than ${records.length} entries; the rest is not looked at`,
    )
  else if (at !== end.size)
    hazards.add(
      'directory-broken',
      place + at,
      `the directory has ${at} bytes, and the end record says ${end.size}`,
    )
  return records
}

function parseRecord(
  bytes: Uint8Array,
  at: number,
  base: number,
  shift: number,
): { header: CentralHeader; length: number } | undefined {
  const view = viewOf(bytes.subarray(at))
  const [names, extras, comments] = [28, 30, 32].map(place => view.getUint16(place, true)) as [
    number,
    number,
    number,
  ]
  const length = CENTRAL_BYTES + names + extras + comments
  if (length > view.byteLength) return undefined
  const nameBytes = bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + names)
  const extra = bytes.subarray(at + CENTRAL_BYTES + names, at + CENTRAL_BYTES + names + extras)
  const sizes = widened(
    {
      size: view.getUint32(24, true),
      compressedSize: view.getUint32(20, true),
      offset: view.getUint32(42, true),
    },
    extra,
  )
  const header = {
    offset: base + at,
    name: nameOf(nameBytes),
    nameBytes,
    extra,
    madeBy: view.getUint16(4, true),
    flags: view.getUint16(8, true),
    method: view.getUint16(10, true),
    crc32: view.getUint32(16, true),
    size: sizes.size,
    compressedSize: sizes.compressedSize,
    localOffset: sizes.offset + shift,
    externalAttributes: view.getUint32(38, true),
  }
  return { header, length }
}
