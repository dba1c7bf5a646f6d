import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { FractalHeap } from '../heap/fractal.ts'
import { MESSAGE, type Message, messageOf, readHeader } from './header.ts'

/** A message's content, from where it lies: here, in another object's header, or in the heap of shared messages. */
export async function contentOf(storage: Storage, message: Message): Promise<Cursor> {
  message.body.at = message.start
  return message.shared ? resolveShared(storage, message.body, message.type) : message.body
}

/**
 * Follows a shared message (IV.A.2, "Shared Message"): to the object that holds it, such as a committed datatype, or
 * into the heap of shared messages. One step, as nothing shares twice.
 */
export async function resolveShared(storage: Storage, cursor: Cursor, type: number): Promise<Cursor> {
  const version = cursor.version(1, 2, 3)
  const kind = cursor.u8()
  if (version === 1) cursor.skip(6)
  if (version === 3 && kind === 1)
    return (await sharedHeap(storage, cursor, type)).object(cursor, 'a shared message')
  const header = await readHeader(storage, cursor.given('the shared message'))
  const found = messageOf(header, type)
  if (!found) throw cursor.malformed(`a shared message of type ${type} is not where it should be`)
  if (found.shared) throw cursor.malformed('a shared message is itself shared')
  return found.body
}

/** The heap that a file keeps its shared messages of a type in (III.I), by way of the superblock's extension. */
export async function sharedHeap(storage: Storage, from: Cursor, type: number): Promise<FractalHeap> {
  const lost = (): Error => from.malformed(`the file has no heap of shared messages of type ${type}`)
  if (storage.extension === undefined) throw lost()
  const entry = messageOf(await readHeader(storage, storage.extension), MESSAGE.sharedTable)?.body
  if (!entry) throw lost()
  entry.version(0)
  const address = entry.given('the table')
  const count = entry.u8()
  const indexBytes = 14 + 2 * storage.widths.address
  const table = await storage.structure(address, 4 + count * indexBytes + 4, 'the table of shared messages')
  table.signature('SMTB')
  let heap: number | undefined
  for (let i = 0; i < count; i++) {
    table.skip(2)
    const types = table.u16()
    table.skip(10 + storage.widths.address)
    const at = table.address()
    if ((types & (1 << type)) !== 0) heap ??= at
  }
  table.checksum()
  if (heap === undefined) throw lost()
  return FractalHeap.open(storage, heap)
}
