import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import { fail, MAX_RANK } from './limits.ts'

/** How the stored elements of a sparse tensor lie in the whole one. */
export interface Sparsity {
  /** Axes in the order in which they are walked, those of blocks behind the tensor's own. */
  readonly order: readonly number[]
  /** For each axis of a block, the axis of the tensor that it cuts. */
  readonly blockMap: readonly number[]
  /** In the order of `order`. */
  readonly levels: readonly Level[]
}

/** All indices of an axis, or for each place above it those that are there. */
export type Level =
  | { readonly kind: 'dense'; readonly size: number }
  | { readonly kind: 'sparse'; readonly segments: readonly number[]; readonly indices: readonly number[] }

/** SparseIndexVector: Int32Vector, Uint16Vector, Uint8Vector. */
const WIDTHS = [0, 4, 2, 1]

/** SparsityParameters: 0 traversal_order, 1 block_map, 2 dim_metadata. */
export async function readSparsity(buffer: Flatbuffer, tensor: Table): Promise<Sparsity | undefined> {
  const table = await buffer.child(tensor, 6)
  if (!table) return undefined
  const levels: Level[] = []
  for (const at of await buffer.tables(table, 2)) {
    if (levels.length >= 2 * MAX_RANK)
      throw fail.limit({ name: buffer.source.name, offset: table.at }, 'a sparse tensor has too many axes')
    levels.push(await readLevel(buffer, await buffer.table(at)))
  }
  const order = (await buffer.int32s(table, 0)) ?? []
  return { order, blockMap: (await buffer.int32s(table, 1)) ?? [], levels }
}

/** DimensionMetadata: 0 format, 1 dense_size, 2 and 3 array_segments, 4 and 5 array_indices. */
async function readLevel(buffer: Flatbuffer, table: Table): Promise<Level> {
  if ((await buffer.scalar(table, 0, 'int8')) === 0)
    return { kind: 'dense', size: await buffer.scalar(table, 1, 'int32') }
  return {
    kind: 'sparse',
    segments: await numbers(buffer, table, 2),
    indices: await numbers(buffer, table, 4),
  }
}

async function numbers(buffer: Flatbuffer, table: Table, slot: number): Promise<number[]> {
  const width = WIDTHS[await buffer.scalar(table, slot, 'uint8')] ?? 0
  const holder = width === 0 ? undefined : await buffer.child(table, slot + 1)
  const vector = holder && (await buffer.vector(holder, 0, width))
  if (!vector) return []
  const view = await buffer.content(vector, width)
  return Array.from({ length: vector.length }, (_, i) => {
    if (width === 4) return view.getInt32(i * 4, true)
    return width === 2 ? view.getUint16(i * 2, true) : view.getUint8(i)
  })
}
