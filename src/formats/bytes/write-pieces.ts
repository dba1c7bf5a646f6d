import type { Failures } from '../errors.ts'
import type { ByteSink } from '../ports.ts'

/** A tensor whose data is to be written: whole or in pieces, as many bytes as `bytes` says. */
export interface DataToWrite {
  readonly name: string
  readonly data: Uint8Array | AsyncIterable<Uint8Array>
  readonly bytes: number
}

/** Writes a tensor's data. Throws `fail.malformed` where it is not as long as it should be; some is written by then. */
export async function writePieces(
  { name, data, bytes }: DataToWrite,
  sink: ByteSink,
  fail: Failures,
): Promise<void> {
  let written = 0
  const pieces = data instanceof Uint8Array ? [data] : data
  for await (const piece of pieces) {
    written += piece.byteLength
    if (written > bytes) break
    await sink.write(piece)
  }
  if (written === bytes) return
  throw fail.malformed(
    { name: `the tensor '${name}'` },
    `its data has ${written > bytes ? `more than ${bytes}` : written} bytes, and should have ${bytes}`,
  )
}
