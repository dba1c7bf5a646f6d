import type { ByteSource } from '../../core/index.ts'
import { blockReader } from '../flatbuffers/blocks.ts'
import type { BufferRange } from './buffers.ts'
import { fail } from './limits.ts'

/** Of one text. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024

/**
 * A text tensor's elements (tensorflow/lite/string_util.h): how many, where each begins and where the last one
 * ends, as int32 from the buffer's start; then the bytes.
 */
export async function* textElements(
  source: ByteSource,
  { start, end }: BufferRange,
  elements: number,
  name: string,
): AsyncGenerator<string, void> {
  const place = { name: `${source.name}, tensor '${name}'`, offset: start }
  const size = end - start
  const read = blockReader(source)
  const count = size < 4 ? 0 : await int32(read, start)
  if (count !== elements) throw fail.malformed(place, `it has ${count} texts, and a shape for ${elements}`)
  if ((count + 2) * 4 > size) throw fail.malformed(place, `${count} texts do not fit into ${size} bytes`)
  for (let i = 0; i < count; i++) {
    const from = await int32(read, start + 4 + i * 4)
    const until = await int32(read, start + 8 + i * 4)
    if (from < (count + 2) * 4 || until < from || until > size)
      throw fail.malformed(place, `text ${i} goes from ${from} to ${until} of ${size} bytes`)
    if (until - from > MAX_TEXT_BYTES) throw fail.limit(place, `text ${i} has ${until - from} bytes`)
    yield Buffer.from(await read(start + from, until - from)).toString()
  }
}

async function int32(read: ReturnType<typeof blockReader>, at: number): Promise<number> {
  const bytes = await read(at, 4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true)
}
