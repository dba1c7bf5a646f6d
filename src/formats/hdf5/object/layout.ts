import type { Cursor } from '../bytes/cursor.ts'
import { fail } from '../failures.ts'
import { MAX_RANK } from '../limits.ts'

/** Where a dataset's elements lie. No `address`: nothing was written yet. */
export type Layout =
  /** `offset` from the start of the file: the elements lie in the header itself. */
  | { readonly kind: 'compact'; readonly offset: number; readonly size: number }
  | { readonly kind: 'contiguous'; readonly address?: number; readonly size?: number }
  | ChunkedLayout
  | { readonly kind: 'virtual'; readonly address?: number; readonly index: number }

export interface ChunkedLayout {
  readonly kind: 'chunked'
  /** In elements, one for each dimension. */
  readonly chunk: readonly number[]
  readonly index: ChunkIndex
  readonly address?: number
  /** Chunks that reach over the dataset's edge are stored without filters. */
  readonly edgesUnfiltered: boolean
}

export type ChunkIndex =
  | { readonly kind: 'btree1' | 'implicit' | 'btree2' | 'fixed-array' | 'extensible-array' }
  /** `size` and `mask` where filters are applied. */
  | { readonly kind: 'single'; readonly size?: number; readonly mask?: number }

/** Reads a layout message (IV.A.2.i), versions 1 to 5. */
export function readLayout(cursor: Cursor): Layout {
  const version = cursor.version(1, 2, 3, 4, 5)
  if (version < 3) return oldLayout(cursor)
  const kind = cursor.u8()
  if (kind === 0) return compact(cursor, cursor.u16())
  if (kind === 1) {
    const address = cursor.address()
    return { kind: 'contiguous', size: cursor.length(), ...(address !== undefined && { address }) }
  }
  if (kind === 2) return version === 3 ? chunked3(cursor) : chunked4(cursor)
  if (kind === 3 && version >= 4) {
    const address = cursor.address()
    return { kind: 'virtual', index: cursor.u32(), ...(address !== undefined && { address }) }
  }
  throw fail.unsupported(cursor.place, `the layout class ${kind} is not one of 0 to 3`)
}

function compact(cursor: Cursor, size: number): Layout {
  const { offset } = cursor
  cursor.skip(size)
  return { kind: 'compact', offset, size }
}

function oldLayout(cursor: Cursor): Layout {
  const rank = cursor.u8()
  const kind = cursor.u8()
  cursor.skip(5)
  if (kind > 2) throw cursor.malformed(`the layout class ${kind} is not one of 0, 1, 2`)
  const address = kind === 0 ? undefined : cursor.address()
  const dimensions = Array.from({ length: checkRank(rank, cursor) }, () => cursor.u32())
  if (kind === 0) return compact(cursor, cursor.u32())
  if (kind === 1) return { kind: 'contiguous', ...(address !== undefined && { address }) }
  return chunked(cursor, dimensions, { kind: 'btree1' }, address, false)
}

function chunked3(cursor: Cursor): Layout {
  const rank = checkRank(cursor.u8(), cursor)
  const address = cursor.address()
  const dimensions = Array.from({ length: rank }, () => cursor.u32())
  return chunked(cursor, dimensions, { kind: 'btree1' }, address, false)
}

function chunked4(cursor: Cursor): Layout {
  const flags = cursor.u8()
  const rank = checkRank(cursor.u8(), cursor)
  const width = cursor.u8()
  if (width < 1 || width > 8) throw cursor.malformed(`chunk sizes of ${width} bytes are impossible`)
  const dimensions = Array.from({ length: rank }, () => cursor.uint(width))
  const index = chunkIndex(cursor, flags)
  return chunked(cursor, dimensions, index, cursor.address(), (flags & 1) !== 0)
}

function chunkIndex(cursor: Cursor, flags: number): ChunkIndex {
  const type = cursor.u8()
  switch (type) {
    case 1:
      return (flags & 2) === 0
        ? { kind: 'single' }
        : { kind: 'single', size: cursor.length(), mask: cursor.u32() }
    case 2:
      return { kind: 'implicit' }
    case 3:
      cursor.skip(1)
      return { kind: 'fixed-array' }
    case 4:
      cursor.skip(5)
      return { kind: 'extensible-array' }
    case 5:
      cursor.skip(6)
      return { kind: 'btree2' }
  }
  throw fail.unsupported(cursor.place, `the chunk index type ${type} is not one of 1 to 5`)
}

/** The last of `dimensions` is the size of an element. */
function chunked(
  cursor: Cursor,
  dimensions: readonly number[],
  index: ChunkIndex,
  address: number | undefined,
  edgesUnfiltered: boolean,
): ChunkedLayout {
  const chunk = dimensions.slice(0, -1)
  if (chunk.length === 0 || chunk.includes(0))
    throw cursor.malformed(`chunks of ${chunk.join(' × ')} are impossible`)
  return { kind: 'chunked', chunk, index, edgesUnfiltered, ...(address !== undefined && { address }) }
}

function checkRank(rank: number, cursor: Cursor): number {
  if (rank <= MAX_RANK + 1) return rank
  throw fail.limit(cursor.place, `a layout has ${rank} dimensions; ${MAX_RANK + 1} is the most`)
}
