import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_CHUNKS } from '../limits.ts'
import type { ChunkedLayout } from '../object/layout.ts'
import { walkTree1 } from '../tree/btree1.ts'
import { walkTree2 } from '../tree/btree2.ts'
import { readExtensibleArray } from './extensible-array.ts'
import { readFixedArray } from './fixed-array.ts'
import { type Grid, numberOf } from './grid.ts'
import { ChunkTable } from './table.ts'

/** Reads where all chunks of a dataset lie, whatever its index. Chunks outside its present shape are left out. */
export async function readIndex(storage: Storage, layout: ChunkedLayout, grid: Grid): Promise<ChunkTable> {
  const table = new ChunkTable(storage.name)
  const { address, index } = layout
  if (address === undefined || grid.counts.includes(0)) return table
  switch (index.kind) {
    case 'single':
      table.add(0, { address, size: index.size ?? grid.chunkBytes, mask: index.mask ?? 0 })
      break
    case 'implicit':
      implicit(storage, address, grid, table)
      break
    case 'btree1':
      await oldTree(storage, address, grid, table)
      break
    case 'btree2':
      await newTree(storage, address, grid, table)
      break
    case 'fixed-array':
      await readFixedArray(storage, address, grid, table)
      break
    case 'extensible-array':
      await readExtensibleArray(storage, address, grid, table)
  }
  return table
}

/** Chunks one behind the other, in the order of the grid at its largest. */
function implicit(
  storage: Storage,
  start: number,
  { counts, most, chunkBytes }: Grid,
  table: ChunkTable,
): void {
  const total = counts.reduce((product, count) => product * count, 1)
  if (!(total <= MAX_CHUNKS))
    throw fail.limit(storage.place(start), `a dataset has ${total} chunks; ${MAX_CHUNKS} is the most`)
  for (let number = 0; number < total; number++) {
    let left = number
    let index = 0
    let step = 1
    for (let d = counts.length - 1; d >= 0; d--) {
      index += (left % counts[d]!) * step
      step *= most[d]!
      left = Math.floor(left / counts[d]!)
    }
    table.add(number, { address: start + index * chunkBytes, size: chunkBytes, mask: 0 })
  }
}

async function oldTree(storage: Storage, address: number, grid: Grid, table: ChunkTable): Promise<void> {
  const keyBytes = 8 + 8 * (grid.chunk.length + 1)
  await walkTree1(storage, address, { type: 1, keyBytes }, (key, child) => {
    const [size, mask] = [key.u32(), key.u32()]
    const coordinates = grid.chunk.map(length => {
      const at = key.uint(8)
      if (at % length !== 0) throw key.malformed(`a chunk begins at ${at}, and chunks have ${length}`)
      return at / length
    })
    const number = numberOf(grid, coordinates)
    if (number !== undefined) table.add(number, { address: child, size, mask })
  })
}

const WITHOUT_FILTERS = 10
const WITH_FILTERS = 11

async function newTree(storage: Storage, address: number, grid: Grid, table: ChunkTable): Promise<void> {
  await walkTree2(storage, address, [WITHOUT_FILTERS, WITH_FILTERS], (record, type) => {
    const child = record.given('the chunk')
    const filtered = type === WITH_FILTERS
    const sizeBytes = record.left - 4 - 8 * grid.chunk.length
    if (filtered && (sizeBytes < 1 || sizeBytes > 8))
      throw record.malformed(`the records of a chunk index have sizes of ${sizeBytes} bytes`)
    const size = filtered ? record.uint(sizeBytes) : grid.chunkBytes
    const mask = filtered ? record.u32() : 0
    const number = numberOf(
      grid,
      grid.chunk.map(() => record.uint(8)),
    )
    if (number !== undefined) table.add(number, { address: child, size, mask })
  })
}
