import { minifloatTable } from '../minifloats.ts'
import type { DecodeBlock } from './block.ts'

/** ggml has no negative zero here. */
const FLOAT4: Float32Array = minifloatTable('float4e2m1').map(value => value + 0)

/** OCP Microscaling: 32 float4 of one power of two. */
export const mxfp4: DecodeBlock = (bytes, at, out, to) => {
  // Half of it, since ggml doubles the float4: the same, but for the code of NaN, which is 2^128 there.
  const scale = 2 ** (bytes[at]! - 128)
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + 1 + i]!
    out[to + i] = scale * 2 * FLOAT4[two & 15]!
    out[to + 16 + i] = scale * 2 * FLOAT4[two >> 4]!
  }
}

/** Four sub-blocks of 16 float4, each of an unsigned e4m3 scale; the scales lie in front. */
export const nvfp4: DecodeBlock = (bytes, at, out, to) => {
  for (let sub = 0; sub < 4; sub++) {
    const scale = unsignedE4m3(bytes[at + sub]!)
    for (let i = 0; i < 8; i++) {
      const two = bytes[at + 4 + sub * 8 + i]!
      out[to + sub * 16 + i] = scale * FLOAT4[two & 15]!
      out[to + sub * 16 + 8 + i] = scale * FLOAT4[two >> 4]!
    }
  }
}

/** The top bit is ignored; the code of NaN counts as zero, as in ggml. */
function unsignedE4m3(code: number): number {
  const exponent = (code >> 3) & 15
  const mantissa = code & 7
  if (code === 0x7f) return 0
  return exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7)
}
