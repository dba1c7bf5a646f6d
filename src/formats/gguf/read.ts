import type { ByteSource } from '../../core/index.ts'
import { readStrided } from '../bytes/strided.ts'
import type { ReadOptions } from '../ports.ts'
import type { TensorDtype } from '../types.ts'
import { isBlockDtype, layoutOf } from '../values/index.ts'
import { fail } from './limits.ts'
import type { Located } from './tensors.ts'

/**
 * Where the binary16 numbers of a block lie. In a big-endian file they are swapped, and all else of these types is
 * single bytes; the other types have no big-endian form that llama.cpp's converter would write.
 */
const HALVES: Readonly<Partial<Record<TensorDtype, readonly number[]>>> = {
  q1_0: [0],
  q4_0: [0],
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q8_0: [0],
  q8_1: [0, 2],
  q2_k: [80, 82],
  q3_k: [108],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
  iq4_nl: [0],
  tq1_0: [52],
  tq2_0: [64],
  mxfp4: [],
  nvfp4: [],
}

/** A tensor's bytes, little-endian, in pieces of whole elements or blocks. */
export async function* readLocated(
  source: ByteSource,
  tensor: Located,
  littleEndian: boolean,
  options?: ReadOptions,
): AsyncGenerator<Uint8Array, void> {
  const { dtype, bytes, offset } = tensor
  const itemBytes = layoutOf(dtype)?.bytesPerBlock ?? 1
  const swap = !littleEndian && !isBlockDtype(dtype) && itemBytes > 1
  const halves = littleEndian || !isBlockDtype(dtype) ? [] : HALVES[dtype]
  if (!halves || (!littleEndian && dtype === 'unknown')) {
    throw fail.unsupported(
      { name: source.name, offset },
      `the tensor '${tensor.name}' is big-endian ${tensor.type}, whose byte order nobody has laid down`,
    )
  }
  const view = { offset, shape: [bytes / itemBytes], strides: [1], itemBytes, swap }
  for await (const piece of readStrided(source, view, fail, options?.buffer))
    yield halves.length === 0 ? piece : withSwapped(piece, itemBytes, halves)
}

function withSwapped(piece: Uint8Array, blockBytes: number, halves: readonly number[]): Uint8Array {
  // A source in memory hands out views of itself.
  const own = new Uint8Array(piece)
  for (let block = 0; block < own.byteLength; block += blockBytes)
    for (const half of halves) own.subarray(block + half, block + half + 2).reverse()
  return own
}
