import { bytesPerElement, DTYPES, type Dtype, elementCount } from '../../../../core/index.ts'
import { isStatic, type OnnxTensor, type Value } from '../../../../formats/index.ts'

/** Bytes of a value whose sizes are all known; undefined for others, and for types that a runtime does not hand out. */
export function bytesOf(value: Value | OnnxTensor | undefined): number | undefined {
  if (!value || !isStatic(value.shape) || !isHanded(value.dtype)) return undefined
  const each = bytesPerElement(value.dtype)
  return each === undefined ? undefined : elementCount(value.shape) * each
}

/** bfloat16 and texts stay where they are. */
function isHanded(dtype: string): dtype is Dtype {
  return dtype !== 'bfloat16' && dtype !== 'string' && (DTYPES as readonly string[]).includes(dtype)
}
