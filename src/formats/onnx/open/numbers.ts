import { type Dtype, viewAs } from '../../../core/index.ts'
import type { Attribute } from '../../types.ts'
import type { OnnxDtype } from '../types.ts'

const VIEWED: ReadonlySet<string> = new Set<Dtype>([
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
])

/** A few elements as JSON numbers; types without such a form (float16, packed ones …) as hexadecimal bytes. */
export function numbersOf(dtype: OnnxDtype, bytes: Uint8Array, elements: number): Attribute {
  if (!VIEWED.has(dtype)) return elements === 0 ? [] : { hex: Buffer.from(bytes).toString('hex') }
  const view = viewAs(dtype as Exclude<Dtype, 'string'>, bytes) as ArrayLike<number | bigint>
  return Array.from(view, value => {
    if (dtype === 'bool') return value !== 0
    const number = Number(value)
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) return String(value)
    return Number.isFinite(number) ? number : String(number)
  })
}
