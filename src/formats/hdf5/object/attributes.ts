import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { FractalHeap } from '../heap/fractal.ts'
import { MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES } from '../limits.ts'
import { walkTree2 } from '../tree/btree2.ts'
import { type Dataspace, readDataspace } from './dataspace.ts'
import { readDatatype } from './datatype.ts'
import { MESSAGE, messageOf, type ObjectHeader } from './header.ts'
import { resolveShared, sharedHeap } from './shared.ts'
import type { Hdf5Type } from './types.ts'

/** An attribute as stored: its elements' bytes are not decoded. */
export interface RawAttribute {
  readonly name: string
  readonly type: Hdf5Type
  readonly space: Dataspace
  readonly bytes: Uint8Array
}

const NAME_INDEX = 8

/** An object's attributes, in its header and in its heap. */
export async function readAttributes(
  storage: Storage,
  header: ObjectHeader,
): Promise<readonly RawAttribute[]> {
  const found: RawAttribute[] = []
  for (const message of header.messages) {
    if (message.type !== MESSAGE.attribute) continue
    message.body.at = message.start
    const body = message.shared ? await resolveShared(storage, message.body, MESSAGE.attribute) : message.body
    found.push(await readAttribute(storage, body))
  }
  const info = messageOf(header, MESSAGE.attributeInfo)
  if (info) await denseAttributes(storage, info.body, found)
  return found
}

async function denseAttributes(storage: Storage, info: Cursor, found: RawAttribute[]): Promise<void> {
  info.version(0)
  const flags = info.u8()
  if ((flags & 1) !== 0) info.skip(2)
  const heapAddress = info.address()
  const index = info.address()
  if (heapAddress === undefined || index === undefined) return
  const heap = await FractalHeap.open(storage, heapAddress)
  await walkTree2(storage, index, [NAME_INDEX], async record => {
    if (found.length >= MAX_ATTRIBUTES)
      throw fail.limit(record.place, `an object has over ${MAX_ATTRIBUTES} attributes`)
    const id = record.part(8)
    const holder = (record.u8() & 2) !== 0 ? await sharedHeap(storage, record, MESSAGE.attribute) : heap
    found.push(await readAttribute(storage, await holder.object(id, 'an attribute')))
  })
}

/** Reads an attribute message (IV.A.2.m), versions 1 to 3. */
async function readAttribute(storage: Storage, cursor: Cursor): Promise<RawAttribute> {
  const version = cursor.version(1, 2, 3)
  const flags = cursor.u8()
  const [nameBytes, typeBytes, spaceBytes] = [cursor.u16(), cursor.u16(), cursor.u16()]
  if (version === 3) cursor.skip(1)
  const padded = (bytes: number): number => (version === 1 ? Math.ceil(bytes / 8) * 8 : bytes)
  const name = new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(cursor.take(padded(nameBytes)))
    .replace(/\0.*$/s, '')
  const typePart = cursor.part(padded(typeBytes), `the type of attribute '${name.slice(0, 100)}'`)
  const spacePart = cursor.part(padded(spaceBytes), `the space of attribute '${name.slice(0, 100)}'`)
  const shared = version >= 2 ? flags : 0
  const type = readDatatype(
    (shared & 1) !== 0 ? await resolveShared(storage, typePart, MESSAGE.datatype) : typePart,
  )
  const space = readDataspace(
    (shared & 2) !== 0 ? await resolveShared(storage, spacePart, MESSAGE.dataspace) : spacePart,
  )
  const bytes = space.elements * type.size
  if (!(bytes <= MAX_ATTRIBUTE_BYTES))
    throw fail.limit(
      cursor.place,
      `the attribute '${name.slice(0, 100)}' has ${bytes} bytes; ${MAX_ATTRIBUTE_BYTES} is the most`,
    )
  return { name, type, space, bytes: cursor.take(bytes) }
}
