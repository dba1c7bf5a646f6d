import { failing } from '../../errors.ts'
import { type ByteSink, PIECE_BYTES } from '../../ports.ts'
import type { Part, StreamedPart } from '../../protobuf/encode.ts'

const mismatch = failing('FORMAT_MALFORMED', 'Give exactly the bytes that shape and type of the tensor take.')

/** Small parts are written together. */
const BUFFER_BYTES = 64 * 1024

/** Writes parts in order, in pieces of bounded size. Throws FORMAT_MALFORMED for a stream of another length. */
export async function writeParts(sink: ByteSink, parts: Iterable<Part>): Promise<void> {
  let buffer = new Uint8Array(BUFFER_BYTES)
  let filled = 0
  const flush = async () => {
    if (filled === 0) return
    await sink.write(buffer.subarray(0, filled))
    buffer = new Uint8Array(BUFFER_BYTES)
    filled = 0
  }
  for (const part of parts) {
    const small = part instanceof Uint8Array && part.byteLength <= BUFFER_BYTES / 4
    if (!small || filled + part.byteLength > BUFFER_BYTES) await flush()
    if (small) {
      buffer.set(part, filled)
      filled += part.byteLength
    } else if (part instanceof Uint8Array) await sink.write(part)
    else await writeStream(sink, part)
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
