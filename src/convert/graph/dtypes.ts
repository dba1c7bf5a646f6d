import type { OnnxDtype } from '../../formats/index.ts'

const FLOATS: ReadonlySet<OnnxDtype> = new Set(['float16', 'bfloat16', 'float32', 'float64'])

/** Whether elements of this type have fractions. */
export function isFloat(dtype: OnnxDtype): boolean {
  return FLOATS.has(dtype)
}
