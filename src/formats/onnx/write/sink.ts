import { createHash } from 'node:crypto'
import type { Bytes, Digest } from '../../../core/index.ts'
import { failing } from '../../errors.ts'
import { type ByteSink, PIECE_BYTES } from '../../ports.ts'
import type { Part, StreamedPart } from '../../protobuf/encode.ts'

const mismatch = failing('FORMAT_MALFORMED', 'Give exactly the bytes that shape and type of the tensor take.')

/** Small parts are written together. */
const BUFFER_BYTES = 64 * 1024

/**
 * Writes parts in order, in pieces of bounded size, from the byte on where the sink stands. Parts before it are not
 * asked for. Throws FORMAT_MALFORMED for a stream of another length.
 */
export async function writeParts(sink: ByteSink, parts: readonly Part[]): Promise<void> {
  const from = (await sink.resume?.(planOf(parts))) ?? 0
  const buffer = new Uint8Array(2 * PIECE_BYTES)
  let pending: Uint8Array[] = []
  let bytes = 0
  const flush = async () => {
    if (bytes > 0) await sink.write(Buffer.concat(pending))
    pending = []
    bytes = 0
  }
  let start = 0
  for (const part of parts) {
    const there = Math.max(0, from - start)
    start += part.byteLength
    if (start <= from) continue
    if (part instanceof Uint8Array && part.byteLength <= BUFFER_BYTES / 4) {
      pending.push(part.subarray(there))
      bytes += part.byteLength - there
      if (bytes < BUFFER_BYTES) continue
      await flush()
    } else {
      await flush()
      if (part instanceof Uint8Array) await sink.write(part.subarray(there))
      else await writeStream(sink, part, there, buffer)
    }
  }
  await flush()
}

/** `there`: bytes that the sink has already. */
async function writeStream(
  sink: ByteSink,
  part: StreamedPart,
  there: Bytes,
  buffer: Uint8Array,
): Promise<void> {
  let given = 0
  for await (const bytes of part.stream({ buffer })) {
    const skipped = Math.min(bytes.byteLength, Math.max(0, there - given))
    given += bytes.byteLength
    if (given > part.byteLength) break
    if (skipped < bytes.byteLength) await sink.write(bytes.subarray(skipped))
  }
  if (given !== part.byteLength)
    throw mismatch(
      `${part.what} takes ${part.byteLength} bytes, and ${given > part.byteLength ? 'more' : given} were given`,
    )
}

/** What parts hold, and of streams what they are for and how long. */
function planOf(parts: readonly Part[]): Digest {
  const hash = createHash('sha256')
  for (const part of parts) {
    const streamed = !(part instanceof Uint8Array)
    hash.update(`${part.byteLength} ${streamed ? part.what : ''}\0`)
    if (!streamed) hash.update(part)
  }
  return `sha256:${hash.digest('hex')}` as Digest
}

/** Zeros up to an alignment, in pieces. */
export function padding(bytes: number): Part[] {
  const parts: Part[] = []
  for (let left = bytes; left > 0; left -= PIECE_BYTES)
    parts.push(new Uint8Array(Math.min(left, PIECE_BYTES)))
  return parts
}
