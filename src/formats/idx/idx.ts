import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  type ByteSource,
  type Dtype,
  elementCount,
  messageOf,
  type Tensor,
  viewAs,
} from '../../core/index.ts'
import { swapInPlace } from '../bytes/swap.ts'
import { failing } from '../errors.ts'

/** MNIST's largest file is 47 MB; the format is for sets of that kind. */
export const MAX_IDX_BYTES = 2 ** 30

const invalid = failing('IDX_INVALID', 'Fetch the file again; IDX is the format of the MNIST files.')
const inflate = promisify(gunzip)

const TYPES: ReadonlyMap<number, { readonly dtype: Exclude<Dtype, 'string'>; readonly bytes: number }> =
  new Map([
    [0x08, { dtype: 'uint8', bytes: 1 }],
    [0x09, { dtype: 'int8', bytes: 1 }],
    [0x0b, { dtype: 'int16', bytes: 2 }],
    [0x0c, { dtype: 'int32', bytes: 4 }],
    [0x0d, { dtype: 'float32', bytes: 4 }],
    [0x0e, { dtype: 'float64', bytes: 8 }],
  ] as const)

/**
 * An IDX file (two zeros, type, rank, big-endian sizes, big-endian elements), gzip'd or not, as a tensor.
 * Throws IDX_INVALID or DATA_LIMIT.
 */
export async function readIdx(source: ByteSource): Promise<Tensor> {
  if (source.size > MAX_IDX_BYTES) throw tooLarge(source.name)
  const stored = await source.read(0, source.size)
  const bytes = stored[0] === 0x1f && stored[1] === 0x8b ? await unpack(stored, source.name) : stored
  const { dtype, width, shape, start } = parseIdxHeader(bytes, source.name)
  const expected = elementCount(shape) * width
  if (bytes.byteLength - start !== expected) {
    throw invalid(
      `${source.name}, byte ${start}: ${dtype} [${shape.join(', ')}] takes ${expected} bytes, and the file holds ${bytes.byteLength - start}`,
    )
  }
  // A copy: a source in memory hands out views of itself.
  const data = new Uint8Array(bytes.subarray(start))
  swapInPlace(data, width)
  return { dtype, shape, data: viewAs(dtype, data) }
}

export interface IdxHeader {
  readonly dtype: Exclude<Dtype, 'string'>
  readonly width: number
  readonly shape: readonly number[]
  readonly start: number
}

export function parseIdxHeader(bytes: Uint8Array, name: string): IdxHeader {
  const type = TYPES.get(bytes[2] ?? 0)
  if (bytes[0] !== 0 || bytes[1] !== 0 || !type) throw invalid(`${name} does not begin as an IDX file does`)
  const rank = bytes[3] ?? 0
  const start = 4 + rank * 4
  if (rank === 0 || start > bytes.byteLength)
    throw invalid(`${name} ends within its header, or has no dimensions`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + axis * 4))
  return { dtype: type.dtype, width: type.bytes, shape, start }
}

async function unpack(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: MAX_IDX_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(name)
    throw invalid(`${name} could not be unpacked: ${messageOf(cause)}`, { cause })
  }
}

function tooLarge(name: string): Error {
  return failing(
    'DATA_LIMIT',
    'Store it as .npy, which is read by rows.',
  )(`${name} has more than ${MAX_IDX_BYTES} bytes`)
}
