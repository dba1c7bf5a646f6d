import { MAX_TILE_BYTES } from '../limits.ts'

/** So much is assembled at once where rows of chunks are small. */
const TARGET_BYTES = 4 * 2 ** 20

/** A box of a dataset whose elements are neighbours in C order. */
export interface Tile {
  readonly start: readonly number[]
  readonly size: readonly number[]
}

/**
 * Cuts a dataset into tiles in C order: whole rows of chunks, several at once while that is little; parts of a row
 * of chunks where one takes over `most` bytes.
 *
 *   shape 1000 × 10, chunks 100 × 5: one tile, as all is little
 *   shape 10^6 × 10^6, chunks 1000 × 1000: 4 rows each, and each chunk is unpacked 250 times
 */
export function* tilesOf(
  shape: readonly number[],
  chunk: readonly number[],
  elementBytes: number,
  most: number = MAX_TILE_BYTES,
): Generator<Tile, void> {
  if (shape.includes(0)) return
  const { axis, step } = cutOf(shape, chunk, elementBytes, most)
  const start = shape.map(() => 0)
  for (;;) {
    const size = shape.map((length, d) =>
      d < axis ? 1 : d === axis ? Math.min(step, length - start[d]!) : length,
    )
    yield { start: [...start], size }
    let d = axis
    start[d] = start[d]! + step
    while (start[d]! >= shape[d]!) {
      start[d] = 0
      if (--d < 0) return
      start[d] = start[d]! + 1
    }
  }
}

/** How often a chunk is met by tiles: once where whole rows of chunks fit. */
export function repeatsOf(
  shape: readonly number[],
  chunk: readonly number[],
  elementBytes: number,
  most: number = MAX_TILE_BYTES,
): number {
  if (shape.includes(0)) return 1
  const { axis, step } = cutOf(shape, chunk, elementBytes, most)
  const before = chunk.slice(0, axis).reduce((product, size, d) => product * Math.min(size, shape[d]!), 1)
  return before * Math.max(1, Math.ceil(Math.min(chunk[axis]!, shape[axis]!) / step))
}

/** Tiles are one wide before `axis`, `step` wide there, and whole behind it. */
function cutOf(
  shape: readonly number[],
  chunk: readonly number[],
  elementBytes: number,
  most: number,
): { axis: number; step: number } {
  const rowBytes = shape.map((_, d) =>
    shape.slice(d + 1).reduce((product, size) => product * size, elementBytes),
  )
  const found = rowBytes.findIndex(bytes => bytes <= most)
  const axis = found < 0 ? shape.length - 1 : found
  const rows = Math.max(1, Math.floor(most / rowBytes[axis]!))
  return { axis, step: Math.min(shape[axis]!, stepOf(rows, chunk[axis]!, rowBytes[axis]!)) }
}

function stepOf(rows: number, chunkRows: number, rowBytes: number): number {
  if (rows < chunkRows) return rows
  return chunkRows * Math.max(1, Math.floor(Math.min(rows, TARGET_BYTES / rowBytes) / chunkRows))
}
