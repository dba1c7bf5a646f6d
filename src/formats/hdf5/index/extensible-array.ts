import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_CHUNKS } from '../limits.ts'
import { checkElement, type ElementReader, elementReader } from './elements.ts'
import type { Grid } from './grid.ts'
import type { ChunkTable } from './table.ts'

interface Header {
  readonly client: number
  readonly inIndex: number
  readonly smallestBlock: number
  readonly leastPointers: number
  readonly pageElements: number
  /** Bytes of a block's offset. */
  readonly offsetBytes: number
  readonly superBlocks: number
  /** One above the last element that was ever set. */
  readonly count: number
  readonly index: number | undefined
}

/** Reads an extensible array (VII.D): the chunks of a dataset that grows along one dimension. */
export async function readExtensibleArray(
  storage: Storage,
  address: number,
  grid: Grid,
  table: ChunkTable,
): Promise<void> {
  const { header, bytes } = await readArrayHeader(storage, address)
  if (header.index === undefined) return
  const reader = elementReader(storage, grid, table, { client: header.client, bytes })
  await new ArrayReader(storage, header, reader).read(header.index)
}

async function readArrayHeader(
  storage: Storage,
  address: number,
): Promise<{ header: Header; bytes: number }> {
  const { widths } = storage
  const cursor = await storage.structure(
    address,
    12 + 6 * widths.length + widths.address + 4,
    'an extensible array',
  )
  cursor.signature('EAHD')
  cursor.version(0)
  const [client, bytes, maxBits, inIndex] = [cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()]
  const [smallestBlock, leastPointers, pageBits] = [cursor.u8(), cursor.u8(), cursor.u8()]
  checkElement(cursor, client, bytes)
  cursor.skip(4 * widths.length)
  const count = cursor.length()
  cursor.length()
  const index = cursor.address()
  cursor.checksum()
  const power = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value))
  if (!power(smallestBlock) || !power(leastPointers) || maxBits > 64 || maxBits < Math.log2(smallestBlock))
    throw cursor.malformed('the sizes of an extensible array are impossible')
  if (count > MAX_CHUNKS)
    throw fail.limit(cursor.place, `an extensible array has ${count} chunks; ${MAX_CHUNKS} is the most`)
  const header = {
    client,
    inIndex,
    smallestBlock,
    leastPointers,
    pageElements: 2 ** pageBits,
    offsetBytes: Math.ceil(maxBits / 8),
    superBlocks: 1 + maxBits - Math.log2(smallestBlock),
    count,
    index,
  }
  return { header, bytes }
}

class ArrayReader {
  readonly #storage: Storage
  readonly #header: Header
  readonly #reader: ElementReader

  constructor(storage: Storage, header: Header, reader: ElementReader) {
    this.#storage = storage
    this.#header = header
    this.#reader = reader
  }

  async read(address: number): Promise<void> {
    const { inIndex, leastPointers, superBlocks } = this.#header
    const { widths } = this.#storage
    /** Super blocks whose data blocks the index block names itself. */
    const direct = 2 * Math.log2(leastPointers)
    const dataPointers = 2 * (leastPointers - 1)
    const superPointers = Math.max(0, superBlocks - direct)
    const length =
      6 + widths.address + inIndex * this.#reader.bytes + (dataPointers + superPointers) * widths.address + 4
    const cursor = await this.#open(address, length, 'EAIB')
    for (let i = 0; i < inIndex; i++) this.#take(cursor, i)
    let first = inIndex
    for (let n = 0; n < Math.min(direct, superBlocks); n++) {
      const { blocks, elements } = this.#superBlock(n)
      for (let i = 0; i < blocks; i++, first += elements) {
        const block = cursor.address()
        if (block !== undefined && first < this.#header.count) await this.#dataBlock(block, first, elements)
      }
    }
    for (let n = direct; n < superBlocks; n++) {
      const { blocks, elements } = this.#superBlock(n)
      const block = cursor.address()
      if (block !== undefined && first < this.#header.count) await this.#super(block, first, blocks, elements)
      first += blocks * elements
    }
    cursor.checksum()
  }

  /** Data blocks of one size: the n-th super block has 2^⌊n/2⌋ of 2^⌈n/2⌉ times the smallest. */
  #superBlock(n: number): { blocks: number; elements: number } {
    return { blocks: 2 ** Math.floor(n / 2), elements: 2 ** Math.ceil(n / 2) * this.#header.smallestBlock }
  }

  /** A super block: pages that were written, one bit each, and addresses of data blocks. */
  async #super(address: number, start: number, blocks: number, elements: number): Promise<void> {
    const { widths } = this.#storage
    const { offsetBytes, pageElements, count } = this.#header
    const pages = elements > pageElements ? elements / pageElements : 0
    const bitmapBytes = Math.ceil(pages / 8)
    const head = 6 + widths.address + offsetBytes
    const length = head + blocks * (bitmapBytes + widths.address) + 4
    const cursor = await this.#open(address, length, 'EASB')
    cursor.skip(offsetBytes)
    const bitmaps = cursor.take(blocks * bitmapBytes)
    for (let i = 0; i < blocks; i++) {
      const block = cursor.address()
      const first = start + i * elements
      if (block === undefined || first >= count) continue
      // Bits of all blocks follow each other, though there are bytes for each block alone.
      const written = (page: number): boolean => bitAt(bitmaps, i * pages + page)
      await (pages > 0 ? this.#paged(block, first, pages, written) : this.#dataBlock(block, first, elements))
    }
    cursor.checksum()
  }

  async #dataBlock(address: number, first: number, elements: number): Promise<void> {
    const { offsetBytes } = this.#header
    const length = 6 + this.#storage.widths.address + offsetBytes + elements * this.#reader.bytes + 4
    const cursor = await this.#open(address, length, 'EADB')
    cursor.skip(offsetBytes)
    for (let i = 0; i < elements; i++) this.#take(cursor, first + i)
    cursor.checksum()
  }

  async #paged(
    address: number,
    first: number,
    pages: number,
    written: (page: number) => boolean,
  ): Promise<void> {
    const { offsetBytes, pageElements } = this.#header
    const head = 6 + this.#storage.widths.address + offsetBytes + 4
    const block = await this.#open(address, head, 'EADB')
    block.skip(offsetBytes)
    block.checksum()
    const pageBytes = pageElements * this.#reader.bytes + 4
    for (let page = 0; page < pages; page++) {
      const start = first + page * pageElements
      if (!written(page) || start >= this.#header.count) continue
      const cursor = await this.#storage.structure(
        address + head + page * pageBytes,
        pageBytes,
        'a page of a chunk index',
      )
      for (let i = 0; i < pageElements; i++) this.#take(cursor, start + i)
      cursor.checksum()
    }
  }

  #take(cursor: Cursor, index: number): void {
    if (index < this.#header.count) this.#reader.take(cursor, index)
    else cursor.skip(this.#reader.bytes)
  }

  async #open(address: number, length: number, signature: string): Promise<Cursor> {
    const cursor = await this.#storage.structure(address, length, 'a block of an extensible array')
    cursor.signature(signature)
    cursor.version(0)
    if (cursor.u8() !== this.#header.client)
      throw cursor.malformed('a block of an extensible array is of another client than its array')
    cursor.skip(this.#storage.widths.address)
    return cursor
  }
}

const bitAt = (bitmap: Uint8Array, bit: number): boolean => (bitmap[bit >> 3]! & (0x80 >> (bit & 7))) !== 0
