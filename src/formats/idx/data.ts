import { type ByteSource, elementCount } from '../../core/index.ts'
import { swapped } from '../bytes/swap.ts'
import { failing } from '../errors.ts'
import { PIECE_BYTES, type Reader } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import { type IdxHeader, parseIdxHeader } from './idx.ts'

/** The header of the most dimensions that its one byte can state. */
const MAX_HEADER_BYTES = 4 + 255 * 4
const invalid = failing('IDX_INVALID', 'Fetch the file again; IDX is the format of the MNIST files.')

/** An IDX file as a model's description: one tensor, `data`. Throws IDX_INVALID. */
export const openIdxData: Reader = async input => {
  const { source } = input
  const header = parseIdxHeader(await source.read(0, Math.min(MAX_HEADER_BYTES, source.size)), source.name)
  const { dtype, width, shape, start } = header
  const elements = elementCount(shape)
  const bytes = elements * width
  if (source.size - start !== bytes)
    throw invalid(
      `${source.name}, byte ${start}: ${dtype} [${shape.join(', ')}] takes ${bytes} bytes, and the file holds ${source.size - start}`,
    )
  const tensor: TensorInfo = {
    name: 'data',
    dtype,
    shape,
    elements,
    bytes,
    ...(width > 1 && { stored: ['big-endian'] }),
    role: 'data',
  }
  return {
    file: {
      format: 'idx',
      ...singleFile(input),
      tensors: [tensor],
      parameters: 0,
      metadata: [],
    },
    async *readTensor(name) {
      if (name !== 'data') throw tensorMissing(source.name, name, ['data'])
      yield* piecesOf(source, header, bytes)
    },
    async close() {},
  }
}

async function* piecesOf(
  source: ByteSource,
  header: IdxHeader,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    yield swapped(await source.read(header.start + at, Math.min(PIECE_BYTES, bytes - at)), header.width)
  }
}
