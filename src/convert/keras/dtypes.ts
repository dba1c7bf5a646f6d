import type { OnnxDtype } from '../../formats/index.ts'

/** Element types that Keras has, by their names, which are ONNX's here. */
export const DTYPES = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
] as const satisfies readonly OnnxDtype[]

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16'])

export function isFloat(dtype: OnnxDtype): boolean {
  return FLOATS.has(dtype)
}
