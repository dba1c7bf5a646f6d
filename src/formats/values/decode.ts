import type { TensorDtype } from '../types.ts'
import type { DecodeBlock } from './blocks/block.ts'
import { BLOCK_DECODERS } from './blocks/table.ts'
import { type DtypeLayout, isBlockDtype, layoutOf } from './layout.ts'
import { type Decode, PLAIN } from './plain.ts'

/**
 * How the numbers of a type are decoded; undefined for what holds none (text, records, opaque bytes, objects).
 * Takes little-endian bytes, whole blocks of them (`layoutOf`); a rest that is shorter than a block is left out. The
 * result may be a view of the bytes. Complex elements give two numbers each, real part first.
 */
export function decoderOf(dtype: TensorDtype): Decode | undefined {
  if (!isBlockDtype(dtype)) return Object.hasOwn(PLAIN, dtype) ? PLAIN[dtype] : undefined
  const layout = layoutOf(dtype)
  return layout && (bytes => decodeBlocks(bytes, layout, BLOCK_DECODERS[dtype]))
}

function decodeBlocks(bytes: Uint8Array, layout: DtypeLayout, decode: DecodeBlock): Float32Array {
  const { elementsPerBlock, bytesPerBlock } = layout
  const blocks = Math.floor(bytes.byteLength / bytesPerBlock)
  const out = new Float32Array(blocks * elementsPerBlock)
  for (let i = 0; i < blocks; i++) decode(bytes, i * bytesPerBlock, out, i * elementsPerBlock)
  return out
}
