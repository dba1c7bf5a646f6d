import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_CHUNKS } from '../limits.ts'
import { checkElement, type ElementReader, elementReader } from './elements.ts'
import type { Grid } from './grid.ts'
import type { ChunkTable } from './table.ts'

/** Reads a fixed array (VII.C): the chunks of a dataset that cannot grow. */
export async function readFixedArray(
  storage: Storage,
  address: number,
  grid: Grid,
  table: ChunkTable,
): Promise<void> {
  const { widths } = storage
  const head = await storage.structure(address, 8 + widths.length + widths.address + 4, 'a fixed array')
  head.signature('FAHD')
  head.version(0)
  const [client, bytes, pageBits] = [head.u8(), head.u8(), head.u8()]
  checkElement(head, client, bytes)
  const count = head.length()
  const block = head.address()
  head.checksum()
  if (block === undefined) return
  if (count > MAX_CHUNKS)
    throw fail.limit(head.place, `a fixed array has ${count} chunks; ${MAX_CHUNKS} is the most`)
  const reader = elementReader(storage, grid, table, { client, bytes })
  await readBlock(storage, block, { count, pageBits, client }, reader)
}

async function readBlock(
  storage: Storage,
  address: number,
  { count, pageBits, client }: { count: number; pageBits: number; client: number },
  reader: ElementReader,
): Promise<void> {
  const perPage = 2 ** pageBits
  const paged = count > perPage
  const pages = paged ? Math.ceil(count / perPage) : 0
  const bitmapBytes = Math.ceil(pages / 8)
  const headBytes = 6 + storage.widths.address + bitmapBytes
  const length = headBytes + (paged ? 0 : count * reader.bytes) + 4
  const block = await storage.structure(address, length, 'a fixed array block')
  block.signature('FADB')
  block.version(0)
  if (block.u8() !== client) throw block.malformed('a fixed array block is of another client than its array')
  block.skip(storage.widths.address)
  const bitmap = block.take(bitmapBytes)
  for (let i = 0; !paged && i < count; i++) reader.take(block, i)
  block.checksum()
  for (let page = 0; page < pages; page++) {
    if ((bitmap[page >> 3]! & (0x80 >> (page & 7))) === 0) continue
    const first = page * perPage
    const inPage = Math.min(perPage, count - first)
    const start = address + length + page * (perPage * reader.bytes + 4)
    const cursor = await storage.structure(start, inPage * reader.bytes + 4, 'a fixed array page')
    for (let i = 0; i < inPage; i++) reader.take(cursor, first + i)
    cursor.checksum()
  }
}
