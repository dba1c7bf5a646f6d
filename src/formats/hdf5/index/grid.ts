import { elementCount } from '../../../core/index.ts'
import type { Dataspace } from '../object/dataspace.ts'
import type { ChunkedLayout } from '../object/layout.ts'

/** The grid of chunks over a dataset. */
export interface Grid {
  readonly shape: readonly number[]
  /** In elements. */
  readonly chunk: readonly number[]
  /** Chunks along each dimension. */
  readonly counts: readonly number[]
  /** As `counts`, for the most that the dataset may grow to: Infinity where without limit. */
  readonly most: readonly number[]
  /** Bytes of a chunk without filters. */
  readonly chunkBytes: number
}

export function gridOf({ shape, most }: Dataspace, { chunk }: ChunkedLayout, elementBytes: number): Grid {
  return {
    shape,
    chunk,
    counts: shape.map((size, d) => Math.ceil(size / chunk[d]!)),
    most: most.map((size, d) => Math.ceil(size / chunk[d]!)),
    chunkBytes: elementCount(chunk) * elementBytes,
  }
}

/** The number of a chunk, in C order over the grid as it is now; undefined outside. */
export function numberOf({ counts }: Grid, coordinates: readonly number[]): number | undefined {
  let number = 0
  for (const [d, count] of counts.entries()) {
    const at = coordinates[d]!
    if (at >= count) return undefined
    number = number * count + at
  }
  return number
}

/** A chunk's coordinates in the grid as it is now. */
export function coordinatesOf({ counts }: Grid, number: number): number[] {
  const coordinates = counts.map(() => 0)
  let left = number
  for (let d = counts.length - 1; d >= 0; d--) {
    coordinates[d] = left % counts[d]!
    left = Math.floor(left / counts[d]!)
  }
  return coordinates
}

/**
 * From an array index's own numbering (C order over the grid at its largest; for an extensible array with its one
 * unlimited dimension first) to coordinates.
 */
export function coordinatesIn({ most }: Grid, index: number): number[] {
  const unlimited = most.indexOf(Number.POSITIVE_INFINITY)
  const order = most.map((_, d) => d)
  if (unlimited > 0) order.unshift(...order.splice(unlimited, 1))
  const coordinates = most.map(() => 0)
  let left = index
  for (const d of order.toReversed()) {
    const count = most[d]!
    coordinates[d] = count === Number.POSITIVE_INFINITY ? left : left % count
    left = count === Number.POSITIVE_INFINITY ? 0 : Math.floor(left / count)
  }
  return coordinates
}
