import type { Storage } from '../bytes/storage.ts'
import { coordinatesOf, gridOf } from '../index/grid.ts'
import { readIndex } from '../index/read.ts'
import type { DatasetInfo } from './dataset.ts'

/** Chunks of one dataset that are told. */
const MAX_RUNS = 100_000
/** So many tiny ones are not worth telling: each has a name and a shape. */
const MAX_TINY_RUNS = 1000
const TINY_BYTES = 4096

/** Bytes of a dataset as they are stored, one behind the other. */
export interface StoredRun {
  /** From the start of the source. */
  readonly offset: number
  readonly bytes: number
  readonly shape: readonly number[]
  /** Of a chunk: the dataset's index of its first element. */
  readonly start?: readonly number[]
}

/** A contiguous or compact dataset's one run, or the chunks of one without filters, in the order of the grid. */
export async function* storedRuns(info: DatasetInfo, storage: Storage): AsyncGenerator<StoredRun, void> {
  const { layout, filters, outside, elements, element, shape, space, type } = info
  if (outside.length > 0 || elements === 0) return
  const bytes = elements * element.type.size
  if (layout.kind === 'compact') yield { offset: layout.offset, bytes, shape }
  else if (layout.kind === 'contiguous') {
    if (layout.address !== undefined) yield { offset: storage.base + layout.address, bytes, shape }
  } else if (layout.kind === 'chunked' && filters.length === 0) {
    const grid = gridOf(space, layout, type.size)
    const table = await readIndex(storage, layout, grid)
    if (table.count > MAX_TINY_RUNS && grid.chunkBytes < TINY_BYTES) return
    let count = 0
    for (const { number, address, size } of table.range(0, Number.POSITIVE_INFINITY)) {
      if (size < grid.chunkBytes || ++count > MAX_RUNS) return
      const start = coordinatesOf(grid, number).map((at, d) => at * layout.chunk[d]!)
      yield {
        offset: storage.base + address,
        bytes: grid.chunkBytes,
        shape: [...layout.chunk, ...element.shape],
        start,
      }
    }
  }
}
