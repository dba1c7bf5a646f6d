import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { MESSAGE, messageOf, type ObjectHeader } from './header.ts'
import { contentOf } from './shared.ts'

/** What stands where nothing was written: one element's bytes, as stored; undefined for zeros. */
export async function readFill(storage: Storage, header: ObjectHeader): Promise<Uint8Array | undefined> {
  const current = messageOf(header, MESSAGE.fill)
  if (current) return fromMessage(await contentOf(storage, current))
  const old = messageOf(header, MESSAGE.oldFill)
  return old && sized(await contentOf(storage, old))
}

function fromMessage(cursor: Cursor): Uint8Array | undefined {
  const version = cursor.version(1, 2, 3)
  if (version === 3) return (cursor.u8() & 0x20) !== 0 ? sized(cursor) : undefined
  cursor.skip(2)
  const defined = cursor.u8() !== 0
  return version === 1 || defined ? sized(cursor) : undefined
}

function sized(cursor: Cursor): Uint8Array | undefined {
  const size = cursor.u32()
  return size === 0 || size === 0xffffffff ? undefined : cursor.take(size).slice()
}
