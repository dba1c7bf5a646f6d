import { bitsOf } from '../tensors.ts'
import type { BlockDtype, TensorDtype } from '../types.ts'

/** How many elements share how many bytes: the least that can be read by itself. */
export interface DtypeLayout {
  readonly elementsPerBlock: number
  readonly bytesPerBlock: number
}

/** ggml-common.h's block structures, by elements and bytes. */
const BLOCKS: Readonly<Record<BlockDtype, readonly [elements: number, bytes: number]>> = {
  q4_0: [32, 18],
  q4_1: [32, 20],
  q5_0: [32, 22],
  q5_1: [32, 24],
  q8_0: [32, 34],
  q8_1: [32, 36],
  q2_k: [256, 84],
  q3_k: [256, 110],
  q4_k: [256, 144],
  q5_k: [256, 176],
  q6_k: [256, 210],
  q8_k: [256, 292],
  q1_0: [128, 18],
  iq1_s: [256, 50],
  iq1_m: [256, 56],
  iq2_xxs: [256, 66],
  iq2_xs: [256, 74],
  iq2_s: [256, 82],
  iq3_xxs: [256, 98],
  iq3_s: [256, 110],
  iq4_nl: [32, 18],
  iq4_xs: [256, 136],
  tq1_0: [256, 54],
  tq2_0: [256, 66],
  mxfp4: [32, 17],
  nvfp4: [64, 36],
}

/**
 * The layout of a type; undefined where the type alone does not say (text, records, opaque bytes, objects).
 * Types under a byte are packed from the lowest bits up: two of 4 bits in a byte, four of 6 bits in three.
 */
export function layoutOf(dtype: TensorDtype): DtypeLayout | undefined {
  const block = isBlockDtype(dtype) ? BLOCKS[dtype] : undefined
  if (block) return { elementsPerBlock: block[0], bytesPerBlock: block[1] }
  const bits = bitsOf(dtype)
  if (bits === undefined) return undefined
  if (bits >= 8) return { elementsPerBlock: 1, bytesPerBlock: bits / 8 }
  return bits === 6
    ? { elementsPerBlock: 4, bytesPerBlock: 3 }
    : { elementsPerBlock: 8 / bits, bytesPerBlock: 1 }
}

/**
 * Bytes that `elements` of a type take; undefined where the type does not say. Packed types end with a part of a
 * block, in whole bytes; Infinity beyond 2^53.
 *
 *   bytesOf('float32', 3)      12
 *   bytesOf('int4', 3)          2
 *   bytesOf('float6e2m3', 5)    4
 *   bytesOf('q4_0', 64)        36
 */
export function bytesOf(dtype: TensorDtype, elements: number): number | undefined {
  const layout = layoutOf(dtype)
  if (!layout) return undefined
  const { elementsPerBlock, bytesPerBlock } = layout
  const blocks = Math.floor(elements / elementsPerBlock)
  const rest = elements - blocks * elementsPerBlock
  const part = isBlockDtype(dtype)
    ? Math.ceil(rest / elementsPerBlock) * bytesPerBlock
    : Math.ceil((rest * bytesPerBlock) / elementsPerBlock)
  const bytes = blocks * bytesPerBlock + part
  return Number.isSafeInteger(bytes) ? bytes : Number.POSITIVE_INFINITY
}

export function isBlockDtype(dtype: TensorDtype): dtype is BlockDtype {
  return Object.hasOwn(BLOCKS, dtype)
}
