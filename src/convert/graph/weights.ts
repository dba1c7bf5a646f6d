import { bytesPerElement, DTYPES, type Dtype, elementCount } from '../../core/index.ts'
import type { OnnxTensor } from '../../formats/index.ts'
import { failing } from '../errors.ts'

const invalid = failing('CONVERT_INVALID', 'The file is cut off or was changed; save the model again.')

/** Bytes of one element; undefined for texts, and for types of less than a byte. */
export function widthOf({ dtype }: { readonly dtype: OnnxTensor['dtype'] }): number | undefined {
  return (DTYPES as readonly string[]).includes(dtype) ? bytesPerElement(dtype as Dtype) : undefined
}

/** All bytes of a weight. Throws CONVERT_INVALID where there are more or fewer than the shape says. */
export async function readWeight(tensor: OnnxTensor): Promise<Uint8Array<ArrayBuffer>> {
  const { name, dtype, shape, data } = tensor
  const width = widthOf(tensor)
  if (width === undefined) throw new TypeError(`Weights of ${dtype} are not read`)
  const bytes = new Uint8Array(elementCount(shape) * width)
  let at = 0
  for await (const piece of typeof data === 'function' ? data() : [data as Uint8Array]) {
    if (at + piece.byteLength > bytes.byteLength)
      throw invalid(`The weight '${name}' is longer than its shape says`)
    bytes.set(piece, at)
    at += piece.byteLength
  }
  if (at !== bytes.byteLength) throw invalid(`The weight '${name}' has ${at} of ${bytes.byteLength} bytes`)
  return bytes
}
