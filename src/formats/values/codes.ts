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
  const decoded: Numbers = decode(everyCode(bytes))
  const numbers = dequantize ? dequantize(decoded) : decoded
  return numbers instanceof Float32Array ? { bytes, numbers } : undefined
}

/** Codes in order, little-endian. */
function everyCode(bytes: 1 | 2): Uint8Array {
  const codes = Uint16Array.from({ length: bytes === 1 ? 256 : 65_536 }, (_, code) => code)
  return bytes === 1 ? Uint8Array.from(codes) : new Uint8Array(codes.buffer)
}

function codeBytesOf({ dtype, elements, quantization }: TensorInfo): 1 | 2 | undefined {
  const layout = isBlockDtype(dtype) ? undefined : layoutOf(dtype)
  if (!layout || (quantization && quantization.scale.length !== 1)) return undefined
  const { elementsPerBlock, bytesPerBlock } = layout
  // The last byte may hold fewer elements than it has room for.
  if (elements % elementsPerBlock !== 0) return undefined
  return bytesPerBlock === 1 || (bytesPerBlock === 2 && elementsPerBlock === 1) ? bytesPerBlock : undefined
}
