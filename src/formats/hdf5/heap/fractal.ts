import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { walkTree2 } from '../tree/btree2.ts'
import { blockBytes, placeOf, rowsIn, type Table } from './doubling.ts'

/** Huge objects of one heap: attributes over 4 KiB of one object. */
const MAX_HUGE = 100_000
/** Where B-trees of huge objects hold address and length (types 1 and 3: without filters). */
const HUGE_TYPES = [1, 3]

interface Piece {
  readonly address: number
  readonly length: number
}

/** A fractal heap (III.G): links and attributes of new-style objects, by heap id. Filtered heaps are refused. */
export class FractalHeap {
  readonly #storage: Storage
  readonly #table: Table
  readonly #idBytes: number
  readonly #mostManaged: number
  readonly #offsetBytes: number
  readonly #hugeTree: number | undefined
  readonly #blocks = new Map<number, number | undefined>()
  #huge: Map<number, Piece> | undefined

  private constructor(storage: Storage, head: HeapHeader) {
    this.#storage = storage
    this.#table = head.table
    this.#idBytes = head.idBytes
    this.#mostManaged = head.mostManaged
    this.#offsetBytes = Math.ceil(head.table.offsetBits / 8)
    this.#hugeTree = head.hugeTree
  }

  static async open(storage: Storage, address: number): Promise<FractalHeap> {
    return new FractalHeap(storage, await readHeapHeader(storage, address))
  }

  /** The object that an id names. */
  async object(id: Cursor, what: string): Promise<Cursor> {
    const start = id.at
    const first = id.u8()
    const kind = (first >> 4) & 3
    if (first >> 6 !== 0) throw id.malformed(`a heap id has version ${first >> 6}`)
    if (kind === 2) return this.#tiny(id, first, what)
    const piece = kind === 0 ? await this.#managed(id) : await this.#hugePiece(id)
    id.at = start + this.#idBytes
    return this.#storage.structure(piece.address, piece.length, what)
  }

  #tiny(id: Cursor, first: number, what: string): Cursor {
    const extended = this.#idBytes > 17
    const length = (extended ? ((first & 15) << 8) | id.u8() : first & 15) + 1
    return id.part(length, what)
  }

  async #managed(id: Cursor): Promise<Piece> {
    const offset = id.uint(this.#offsetBytes)
    const length = id.uint(Math.floor(Math.log2(Math.max(this.#mostManaged, 1)) / 8) + 1)
    const block = await this.#directBlock(offset, id)
    if (length > block.size - (offset - block.start))
      throw id.malformed(`a heap object of ${length} bytes goes beyond its block`)
    return { address: block.address + (offset - block.start), length }
  }

  /** Goes down from the root block to the direct block that holds an offset of the heap. */
  async #directBlock(offset: number, id: Cursor): Promise<{ address: number; start: number; size: number }> {
    const table = this.#table
    const lost = (): Error => id.malformed(`the offset ${offset} is in no block of its heap`)
    if (table.root === undefined) throw lost()
    let address = table.root
    let start = 0
    let rows = table.rootRows
    if (rows === 0) return { address, start, size: table.firstBytes }
    for (;;) {
      const { row, column, start: within } = placeOf(table, offset - start)
      if (row >= rows) throw lost()
      const size = blockBytes(table, row)
      const child = await this.#childOf(address, rows, row, column)
      if (child === undefined) throw lost()
      address = child
      start += within
      if (size <= table.largestDirect) return { address, start, size }
      const inside = rowsIn(table, size)
      // Each step goes to a smaller block: rows fall.
      if (inside >= rows && size >= blockBytes(table, rows)) throw lost()
      rows = inside
    }
  }

  async #childOf(address: number, rows: number, row: number, column: number): Promise<number | undefined> {
    const { widths } = this.#storage
    const head = 5 + widths.address + this.#offsetBytes
    const at = head + (row * this.#table.width + column) * widths.address
    const key = address + at
    if (this.#blocks.has(key)) return this.#blocks.get(key)
    const length = head + rows * this.#table.width * widths.address + 4
    const block = await this.#storage.structure(address, length, 'a fractal heap block')
    block.signature('FHIB')
    block.version(0)
    block.at = length - 4
    block.checksum()
    block.at = head
    for (let i = 0; i < rows * this.#table.width; i++) this.#blocks.set(address + block.at, block.address())
    return this.#blocks.get(key)
  }

  async #hugePiece(id: Cursor): Promise<Piece> {
    const { widths } = this.#storage
    if (this.#idBytes - 1 >= widths.address + widths.length)
      return { address: id.given('a huge object'), length: id.length() }
    this.#huge ??= await this.#readHuge(id)
    const key = id.uint(Math.min(this.#idBytes - 1, widths.length))
    const piece = this.#huge.get(key)
    if (!piece) throw id.malformed(`the heap has no huge object ${key}`)
    return piece
  }

  async #readHuge(id: Cursor): Promise<Map<number, Piece>> {
    if (this.#hugeTree === undefined) throw id.malformed('the heap has no huge objects')
    const pieces = new Map<number, Piece>()
    await walkTree2(this.#storage, this.#hugeTree, HUGE_TYPES, (record, type) => {
      const piece = { address: record.given('a huge object'), length: record.length() }
      pieces.set(type === 1 ? record.length() : pieces.size, piece)
      if (pieces.size > MAX_HUGE) throw fail.limit(record.place, `a heap has over ${MAX_HUGE} huge objects`)
    })
    return pieces
  }
}

interface HeapHeader {
  readonly table: Table
  readonly idBytes: number
  readonly mostManaged: number
  readonly hugeTree: number | undefined
}

async function readHeapHeader(storage: Storage, address: number): Promise<HeapHeader> {
  const { widths } = storage
  const length = 26 + 12 * widths.length + 3 * widths.address
  const cursor = await storage.structure(address, length, 'a fractal heap')
  cursor.signature('FRHP')
  cursor.version(0)
  const idBytes = cursor.u16()
  const filterBytes = cursor.u16()
  if (filterBytes > 0) throw fail.unsupported(cursor.place, 'a fractal heap is compressed, which is not read')
  cursor.skip(1)
  const mostManaged = cursor.u32()
  cursor.skip(widths.length)
  const hugeTree = cursor.address()
  cursor.skip(widths.length + widths.address + 8 * widths.length)
  const width = cursor.u16()
  const [firstBytes, largestDirect] = [cursor.length(), cursor.length()]
  const offsetBits = cursor.u16()
  cursor.skip(2)
  const root = cursor.address()
  const rootRows = cursor.u16()
  cursor.checksum()
  const power = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value))
  if (![width, firstBytes, largestDirect].every(power) || offsetBits === 0 || offsetBits > 64 || idBytes < 2)
    throw cursor.malformed('the sizes of a fractal heap are impossible')
  if (rootRows > 64) throw cursor.malformed(`a fractal heap has ${rootRows} rows of blocks`)
  const table = {
    width,
    firstBytes,
    largestDirect,
    offsetBits,
    rootRows,
    ...(root !== undefined && { root }),
  }
  return { table, idBytes, mostManaged, hugeTree }
}
