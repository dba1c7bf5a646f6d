import { isNumericDtype, viewAs } from '../../../core/index.ts'
import type { Attribute } from '../../types.ts'
import type { OnnxDtype } from '../types.ts'

/** A few elements as JSON numbers; types without such a form (float16, packed ones …) as hexadecimal bytes. */
export function numbersOf(dtype: OnnxDtype, bytes: Uint8Array, elements: number): Attribute {
  if (!isNumericDtype(dtype)) return elements === 0 ? [] : { hex: Buffer.from(bytes).toString('hex') }
  const view = viewAs(dtype, bytes) as ArrayLike<number | bigint>
  return Array.from(view, value => {
    if (dtype === 'bool') return value !== 0
    const number = Number(value)
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) return String(value)
    return Number.isFinite(number) ? number : String(number)
  })
}
