import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { type Message, messageOf, readHeader } from './header.ts'

/**
 * A message's content, where it lies in another object's header (a committed datatype) from there.
 * Throws FORMAT_UNSUPPORTED for the heap of shared messages, which few programs switch on.
 */
export async function contentOf(storage: Storage, message: Message): Promise<Cursor> {
  message.body.at = message.start
  return message.shared ? resolveShared(storage, message.body, message.type) : message.body
}

/** Follows a shared message (IV.A.2, "Shared Message") to the object that holds it; one step, as nothing shares twice. */
export async function resolveShared(storage: Storage, cursor: Cursor, type: number): Promise<Cursor> {
  const version = cursor.version(1, 2, 3)
  const kind = cursor.u8()
  if (version === 1) cursor.skip(6)
  if (version === 3 && kind === 1)
    throw fail.unsupported(cursor.place, 'a message lies in the heap of shared messages, which is not read')
  const header = await readHeader(storage, cursor.given('the shared message'))
  const found = messageOf(header, type)
  if (!found) throw cursor.malformed(`a shared message of type ${type} is not where it should be`)
  if (found.shared) throw cursor.malformed('a shared message is itself shared')
  return found.body
}
