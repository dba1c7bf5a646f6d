import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { FractalHeap } from '../heap/fractal.ts'
import { MAX_LINKS } from '../limits.ts'
import { MESSAGE, messageOf, type ObjectHeader } from '../object/header.ts'
import { walkTree2 } from '../tree/btree2.ts'
import type { Hdf5Link } from './link.ts'
import { symbolTableLinks } from './symbol-table.ts'

const NAME_INDEX = 5

/** The links of a group by name, however they are stored; undefined where the object is no group. */
export async function readLinks(
  storage: Storage,
  header: ObjectHeader,
): Promise<readonly Hdf5Link[] | undefined> {
  const info = messageOf(header, MESSAGE.linkInfo)
  const table = messageOf(header, MESSAGE.symbolTable)
  if (!info && !table) return undefined
  const links: Hdf5Link[] = []
  const names = new Set<string>()
  const add = (link: Hdf5Link, cursor: Cursor): void => {
    if (names.has(link.name))
      throw cursor.malformed(`a group has two links named '${link.name.slice(0, 100)}'`)
    if (links.length >= MAX_LINKS) throw fail.limit(cursor.place, `a group has over ${MAX_LINKS} links`)
    names.add(link.name)
    links.push(link)
  }
  if (table) await symbolTableLinks(storage, table.body, add)
  for (const message of header.messages) {
    if (message.type !== MESSAGE.link) continue
    message.body.at = message.start
    add(readLink(message.body), message.body)
  }
  if (info) await denseLinks(storage, info.body, add)
  return links.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function denseLinks(
  storage: Storage,
  info: Cursor,
  add: (link: Hdf5Link, cursor: Cursor) => void,
): Promise<void> {
  info.version(0)
  const flags = info.u8()
  if ((flags & 1) !== 0) info.skip(8)
  const heapAddress = info.address()
  const index = info.address()
  if (heapAddress === undefined || index === undefined) return
  const heap = await FractalHeap.open(storage, heapAddress)
  await walkTree2(storage, index, [NAME_INDEX], async record => {
    record.skip(4)
    const body = await heap.object(record, 'a link')
    add(readLink(body), body)
  })
}

/** Reads a link message (IV.A.2.g). */
function readLink(cursor: Cursor): Hdf5Link {
  cursor.version(1)
  const flags = cursor.u8()
  const type = (flags & 8) !== 0 ? cursor.u8() : 0
  if ((flags & 4) !== 0) cursor.skip(8)
  if ((flags & 16) !== 0) cursor.skip(1)
  const name = textOf(cursor.take(cursor.uint(2 ** (flags & 3))))
  if (type === 0) return { name, kind: 'hard', address: cursor.given('the object') }
  const value = cursor.take(cursor.u16())
  if (type === 1) return { name, kind: 'soft', target: textOf(value) }
  if (type === 64) {
    const [file = '', target = ''] = textOf(value.subarray(1)).split('\0')
    return { name, kind: 'external', file, target }
  }
  return { name, kind: 'other', type }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
