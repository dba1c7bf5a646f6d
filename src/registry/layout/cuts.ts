import type { ByteSource } from '../../core/index.ts'
import { type ChunkSizes, openChunker } from '../../kernels/index.ts'
import { runsOf } from './runs.ts'
import { type FileLayout, MAX_PIECE_BYTES, type Piece, type PieceBytes } from './types.ts'
import { Window } from './window.ts'

/**
 * Of what has no tensors. Smaller chunks find more of what is the same and cost more records: an edit of one byte
 * stores 75 kB again on average, and the records are 0.2 % of the bytes.
 */
export const CONTENT_SIZES: ChunkSizes = { min: 16 * 1024, target: 64 * 1024, max: 256 * 1024 }

/**
 * The pieces of a file, in order and without a gap, each with its bytes. Tensors are cut at multiples of
 * `MAX_PIECE_BYTES` from their start, small ones go together with their neighbours, and what is no tensor is cut by
 * its content. Depends on nothing but the bytes and the layout. Throws what the source throws.
 *
 *   for await (const { piece, bytes } of cuts(source, await layOut(source))) …
 */
export async function* cuts(
  source: ByteSource,
  { tensors }: Pick<FileLayout, 'tensors'>,
): AsyncGenerator<PieceBytes, void> {
  const chunker = openChunker(CONTENT_SIZES)
  const window = new Window(source)
  try {
    for (const { byContent, length, ...run } of runsOf(tensors, source.size)) {
      const most = byContent ? CONTENT_SIZES.max : MAX_PIECE_BYTES
      const end = run.offset + length
      for (let at = run.offset; at < end; ) {
        const bytes = await window.bytes(at, Math.min(most, end - at))
        const cut = byContent ? chunker.next(bytes) : bytes.length
        const piece: Piece = { ...run, offset: at, length: cut }
        yield { piece, bytes: bytes.subarray(0, cut) }
        at += cut
      }
    }
  } finally {
    await window.end()
  }
}
