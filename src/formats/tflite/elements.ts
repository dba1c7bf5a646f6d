import type { ByteSource } from '../../core/index.ts'
import { PIECE_BYTES } from '../ports.ts'
import { piecesOf } from '../tensorflow/pieces.ts'
import { densify, MAX_DENSE_BYTES } from './densify.ts'
import { fail } from './limits.ts'
import type { LiteTensor } from './tensors.ts'

/** A constant's elements, little-endian, in pieces; sparse ones made whole. Throws FORMAT_UNSUPPORTED, FORMAT_LIMIT. */
export async function* elementsOf(
  source: ByteSource,
  { name, data, bits, sparsity, shape, dtype }: LiteTensor,
): AsyncGenerator<Uint8Array, void> {
  const place = { name: `${source.name}, tensor '${name}'` }
  if (!data || bits === undefined || (sparsity && bits < 8))
    throw fail.unsupported(place, `elements of the type ${dtype} are not read as numbers`)
  if (!sparsity) {
    yield* piecesOf(source, data, Math.ceil(bits / 8))
    return
  }
  if (data.end - data.start > MAX_DENSE_BYTES)
    throw fail.limit(place, `a sparse tensor of more than ${MAX_DENSE_BYTES} bytes`)
  const stored = await source.read(data.start, data.end - data.start)
  const whole = densify(stored, sparsity, shape, bits / 8, place)
  for (let at = 0; at < whole.length; at += PIECE_BYTES) yield whole.subarray(at, at + PIECE_BYTES)
}
