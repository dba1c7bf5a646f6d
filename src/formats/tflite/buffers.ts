import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import { fail } from './limits.ts'

/** A buffer's bytes in the file; empty where a tensor is computed. */
export interface BufferRange {
  readonly start: number
  readonly end: number
}

/**
 * Buffers: 0 data, or 1 offset and 2 size where the bytes lie behind the flatbuffer, as in models above 2 GB (an
 * offset of 0 or 1 means that there are none).
 */
export async function readBuffers(buffer: Flatbuffer, model: Table): Promise<BufferRange[]> {
  const buffers: BufferRange[] = []
  for (const at of await buffer.tables(model, 4)) {
    const table = await buffer.table(at)
    const data = await buffer.vector(table, 0, 1)
    const offset = await buffer.scalar(table, 1, 'uint64')
    const size = await buffer.scalar(table, 2, 'uint64')
    if (offset > 1) buffers.push(outside(buffer, at, offset, size))
    else buffers.push(data ? { start: data.start, end: data.start + data.length } : { start: 0, end: 0 })
  }
  return buffers
}

function outside({ source }: Flatbuffer, at: number, offset: number, size: number): BufferRange {
  if (Number.isSafeInteger(offset + size) && offset + size <= source.size)
    return { start: offset, end: offset + size }
  throw fail.truncated(
    { name: source.name, offset: at },
    `a buffer of ${size} bytes lies at ${offset}, and the file has ${source.size}`,
  )
}
