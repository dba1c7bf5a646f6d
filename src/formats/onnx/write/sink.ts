import { failing } from '../../errors.ts'
import { type ByteSink, PIECE_BYTES } from '../../ports.ts'
import type { Part, StreamedPart } from '../../protobuf/encode.ts'

const mismatch = failing('FORMAT_MALFORMED', 'Give exactly the bytes that shape and type of the tensor take.')

/** Small parts are written together. */
const BUFFER_BYTES = 64 * 1024

/** Writes parts in order, in pieces of bounded size. Throws FORMAT_MALFORMED for a stream of another length. */
export async function writeParts(sink: ByteSink, parts: Iterable<Part>): Promise<void> {
  let pending: Uint8Array[] = []
  let bytes = 0
  const flush = async () => {
    if (bytes > 0) await sink.write(Buffer.concat(pending))
    pending = []
    bytes = 0
  }
  for (const part of parts) {
    if (part instanceof Uint8Array && part.byteLength <= BUFFER_BYTES / 4) {
      pending.push(part)
      bytes += part.byteLength
      if (bytes < BUFFER_BYTES) continue
      await flush()
    } else {
      await flush()
      if (part instanceof Uint8Array) await sink.write(part)
      else await writeStream(sink, part)
    }
  }
  await flush()
}

async function writeStream(sink: ByteSink, part: StreamedPart): Promise<void> {
  let written = 0
  for await (const bytes of part.stream()) {
    written += bytes.byteLength
    if (written > part.byteLength) break
    await sink.write(bytes)
  }
  if (written !== part.byteLength)
    throw mismatch(
      `${part.what} takes ${part.byteLength} bytes, and ${written > part.byteLength ? 'more' : written} were given`,
    )
}

/** Zeros up to an alignment, in pieces. */
export function padding(bytes: number): Part[] {
  const parts: Part[] = []
  for (let left = bytes; left > 0; left -= PIECE_BYTES)
    parts.push(new Uint8Array(Math.min(left, PIECE_BYTES)))
  return parts
}
