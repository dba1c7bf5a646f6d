import type { Codes } from '../../kernels/index.ts'
import type { TensorInfo } from '../types.ts'
import { dequantizerOf } from './affine.ts'
import { decoderOf } from './decode.ts'
import { isBlockDtype, layoutOf } from './layout.ts'
import type { Numbers } from './plain.ts'

/**
 * What each code of a tensor stands for, where an element has one byte or two, or several elements share a byte, and
 * no element's number depends on its place: how often each code occurs then says all of them. Undefined elsewhere.
 * Throws FORMAT_MALFORMED for scales that do not fit.
 */
export function codesOf(info: TensorInfo): Codes | undefined {
  const bytes = codeBytesOf(info)
  const decode = decoderOf(info.dtype)
  if (!bytes || !decode) return undefined
  const dequantize = dequantizerOf(info)
  const decoded: Numbers = decode(bytes === 1 ? BYTES : PAIRS)
  const numbers = dequantize ? dequantize(decoded) : decoded
  return numbers instanceof Float32Array ? { bytes, numbers } : undefined
}

const BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => code)
const PAIRS: Uint8Array = Uint8Array.from({ length: 131_072 }, (_, i) => (i & 1 ? i >> 9 : (i >> 1) & 255))

function codeBytesOf({ dtype, elements, quantization }: TensorInfo): 1 | 2 | undefined {
  const layout = isBlockDtype(dtype) ? undefined : layoutOf(dtype)
  if (!layout || (quantization && quantization.scale.length !== 1)) return undefined
  const { elementsPerBlock, bytesPerBlock } = layout
  // The last byte may hold fewer elements than it has room for.
  if (elements % elementsPerBlock !== 0) return undefined
  return bytesPerBlock === 1 || (bytesPerBlock === 2 && elementsPerBlock === 1) ? bytesPerBlock : undefined
}
