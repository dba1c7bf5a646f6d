import type { ByteSource } from '../../../core/index.ts'
import { readPiece } from '../../bytes/ranges.ts'
import { failing } from '../../errors.ts'
import { PIECE_BYTES, type ReadOptions } from '../../ports.ts'
import { bitsOf, bytesOf } from '../dtypes.ts'
import { truncated } from '../limits.ts'
import type { TensorProto } from '../read/proto.ts'
import { fieldPieces } from './fields.ts'

const unsupported = failing('FORMAT_UNSUPPORTED', 'Export the model again with a current release of onnx.')

/** Opens external data by its location; the one who opens closes. */
export type OpenExternal = (location: string) => Promise<ByteSource>

/**
 * The elements of a tensor in the layout of raw_data: little-endian, in C order, types under a byte packed from the
 * lowest bits. Throws ONNX_MALFORMED, ONNX_TRUNCATED or FORMAT_UNSUPPORTED.
 */
export async function* tensorPieces(
  source: ByteSource,
  tensor: TensorProto,
  openExternal: OpenExternal,
  options?: ReadOptions,
): AsyncGenerator<Uint8Array, void> {
  const { name, dtype, data, elements } = tensor
  if (dtype === 'string')
    throw unsupported(`The tensor '${name}' holds text; it is read as text`, {
      hint: 'Read it element by element, as text.',
    })
  if (tensor.segment)
    throw unsupported(`The tensor '${name}' is one segment of a tensor, which nothing reads`)
  if (data.kind === 'raw')
    yield* rangePieces(source, data.offset, data.length, pieceBytes(tensor), options?.buffer)
  else if (data.kind === 'fields') {
    if (bitsOf(dtype) === undefined)
      throw unsupported(`The tensor '${name}' has the type ${dtype}, whose elements no field is known for`)
    yield* fieldPieces(source, tensor)
  } else {
    const file = await openExternal(data.location)
    const length = data.length ?? bytesOf(dtype, elements) ?? Math.max(0, file.size - data.offset)
    if (data.offset + length > file.size)
      throw truncated(
        `The external data ${data.location} has ${file.size} bytes, and the tensor '${name}' needs ${data.offset + length}`,
      )
    yield* rangePieces(file, data.offset, length, pieceBytes(tensor), options?.buffer)
  }
}

/** A multiple of every element's size; six-bit elements are whole after three bytes. */
function pieceBytes({ dtype }: TensorProto): number {
  return dtype.startsWith('float6e') ? PIECE_BYTES - (PIECE_BYTES % 3) : PIECE_BYTES
}

/** A range in pieces; where `buffer` holds two of them, the next is read while the one before is used. */
export async function* rangePieces(
  source: ByteSource,
  offset: number,
  length: number,
  piece: number = PIECE_BYTES,
  buffer?: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  const slots = slotsOf(buffer, piece)
  const read = (done: number): Promise<Uint8Array> | undefined => {
    if (done >= length) return undefined
    const slot = slots[(done / piece) % slots.length]
    return readPiece(source, offset + done, Math.min(piece, length - done), slot)
  }
  let next = read(0)
  try {
    for (let done = piece; next; done += piece) {
      const current = await next
      next = slots.length > 1 ? read(done) : undefined
      // Whoever asks for it is told; whoever stops before is not.
      next?.catch(() => undefined)
      yield current
      next ??= read(done)
    }
  } finally {
    // Memory that is still read into is not given to anybody else.
    await next?.catch(() => undefined)
  }
}

/** Places in a buffer, one for each piece that is read or used at once. */
function slotsOf(buffer: Uint8Array | undefined, piece: number): readonly (Uint8Array | undefined)[] {
  if (!buffer || buffer.length < 2 * piece) return [buffer]
  const half = buffer.length / 2
  return [buffer.subarray(0, half), buffer.subarray(half)]
}
