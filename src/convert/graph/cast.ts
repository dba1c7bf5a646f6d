import { ONNX_DTYPES, type OnnxDtype } from '../../formats/index.ts'
import type { Emitter, Value } from './types.ts'

/** The same numbers in another type; the value itself where it has that type. */
export function cast(b: Emitter, x: Value, dtype: OnnxDtype): Value {
  if (x.dtype === dtype) return x
  const to = { int: (ONNX_DTYPES as readonly string[]).indexOf(dtype) }
  return b.op('Cast', [x], { attributes: { to }, types: [{ dtype, ...(x.shape && { shape: x.shape }) }] })
}
