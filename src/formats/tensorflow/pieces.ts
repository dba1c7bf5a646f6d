import type { ByteSource } from '../../core/index.ts'
import { PIECE_BYTES } from '../ports.ts'
import type { Range } from '../protobuf/wire.ts'
import type { StoredDtype } from './dtypes.ts'

/** A range of a source in pieces of whole elements, of `pieceBytes` at most where one element is not larger. */
export async function* piecesOf(
  source: ByteSource,
  { start, end }: Range,
  itemBytes: number,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array, void> {
  const step = Math.max(1, Math.floor(pieceBytes / itemBytes)) * itemBytes
  for (let at = start; at < end; at += step) yield await source.read(at, Math.min(step, end - at))
}

/** Elements of the other byte order, turned around. */
export async function* turned(
  pieces: AsyncIterable<Uint8Array>,
  width: number,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    const copy = Buffer.from(piece)
    if (width === 2) copy.swap16()
    else if (width === 4) copy.swap32()
    else if (width === 8) copy.swap64()
    yield new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength)
  }
}

/** Elements of less than a byte, each stored in one, packed: the first one in the lowest bits. */
export async function* packed(
  pieces: AsyncIterable<Uint8Array>,
  bits: 2 | 4,
): AsyncGenerator<Uint8Array, void> {
  const each = 8 / bits
  const mask = (1 << bits) - 1
  for await (const piece of pieces) {
    const out = new Uint8Array(Math.ceil(piece.length / each))
    for (let i = 0; i < piece.length; i++)
      out[Math.floor(i / each)]! |= (piece[i]! & mask) << ((i % each) * bits)
    yield out
  }
}

/** Elements as TensorFlow stores them, made what a reader gives. Each piece but the last has an even number. */
export function given(
  pieces: AsyncGenerator<Uint8Array, void>,
  { bytes = 1, swaps = bytes, bits }: StoredDtype,
  bigEndian = false,
): AsyncGenerator<Uint8Array, void> {
  const little = bigEndian && swaps > 1 ? turned(pieces, swaps) : pieces
  return bits === undefined ? little : packed(little, bits)
}
