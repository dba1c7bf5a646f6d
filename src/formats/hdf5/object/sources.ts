import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import type { GlobalHeap } from '../heap/global.ts'
import { LocalHeap } from '../heap/local.ts'
import { MAX_REPORTED_SOURCES } from '../limits.ts'
import { MESSAGE, messageOf, type ObjectHeader } from './header.ts'
import type { Layout } from './layout.ts'

/** A file that a dataset's elements lie in; `dataset` for a virtual one. Never opened. */
export interface OutsideSource {
  readonly file: string
  readonly dataset?: string
}

/** The files of a dataset's external file list (IV.A.2.h); none where it has no such list. */
export async function externalFiles(
  storage: Storage,
  header: ObjectHeader,
): Promise<readonly OutsideSource[]> {
  const message = messageOf(header, MESSAGE.externalFiles)
  if (!message) return []
  const cursor = message.body
  cursor.version(1)
  cursor.skip(3 + 2)
  const used = cursor.u16()
  const heap = await LocalHeap.open(storage, cursor.given('the heap'))
  const files: OutsideSource[] = []
  for (let i = 0; i < Math.min(used, MAX_REPORTED_SOURCES); i++) {
    files.push({ file: await heap.text(cursor.length()) })
    cursor.wide(cursor.widths.length)
    cursor.wide(cursor.widths.length)
  }
  return files
}

/** The sources of a virtual dataset (VII.E, "Virtual Dataset Global Heap Block"): `.` as file is the same one. */
export async function virtualSources(
  heap: GlobalHeap,
  layout: Extract<Layout, { kind: 'virtual' }>,
): Promise<readonly OutsideSource[]> {
  if (layout.address === undefined) return []
  const cursor = await heap.cursor(layout.address, layout.index, 'a virtual layout')
  const version = cursor.version(0, 1)
  const count = cursor.length()
  const sources = new Map<string, OutsideSource>()
  for (let i = 0; i < count && sources.size < MAX_REPORTED_SOURCES; i++) {
    // Version 1 may point back to an earlier entry's names; those are reported already.
    const flags = version === 1 ? cursor.u8() : 0
    const file = (flags & 4) !== 0 ? '.' : (flags & 1) !== 0 ? sharedName(cursor) : cursor.text()
    const dataset = (flags & 2) !== 0 ? sharedName(cursor) : cursor.text()
    skipSelection(cursor)
    skipSelection(cursor)
    if (file !== undefined && dataset !== undefined) sources.set(`${file}\0${dataset}`, { file, dataset })
  }
  return [...sources.values()]
}

function sharedName(cursor: Cursor): undefined {
  cursor.length()
}

const ALL = 3
const HYPERSLAB = 2
const POINTS = 1

/** Passes over a serialized dataspace selection (VII.B). */
function skipSelection(cursor: Cursor): void {
  const type = cursor.u32()
  const version = cursor.u32()
  if (type === 0 || type === ALL) cursor.skip(8)
  else if (type === POINTS && version === 1) sized(cursor, 4)
  else if (type === HYPERSLAB && version === 1) sized(cursor, 4)
  else if (type === HYPERSLAB && version === 2) sized(cursor, 1)
  else if (type === HYPERSLAB && version === 3) hyperslab3(cursor)
  else if (type === POINTS && version === 2) points2(cursor)
  else throw fail.unsupported(cursor.place, `a selection of type ${type}, version ${version}, is not read`)
}

function sized(cursor: Cursor, before: number): void {
  cursor.skip(before)
  cursor.skip(cursor.u32())
}

function hyperslab3(cursor: Cursor): void {
  const regular = (cursor.u8() & 1) !== 0
  const width = cursor.u8()
  const rank = cursor.u32()
  if (regular) cursor.skip(4 * rank * width)
  else cursor.skip(2 * rank * width * cursor.uint(checked(cursor, width)))
}

function points2(cursor: Cursor): void {
  const width = cursor.u8()
  const rank = cursor.u32()
  cursor.skip(rank * width * cursor.uint(checked(cursor, width)))
}

function checked(cursor: Cursor, width: number): number {
  if (width === 2 || width === 4 || width === 8) return width
  throw cursor.malformed(`a selection has numbers of ${width} bytes`)
}
