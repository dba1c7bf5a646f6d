import { elementCount, isNumericDtype, viewAs } from '../../../../core/index.ts'
import type { OnnxTensor } from '../../write/types.ts'
import type { Element } from '../values.ts'

/** Elements that are kept at hand: shapes, axes, small tables. Larger constants are weights. */
export const MAX_KNOWN = 4096

/** Elements of a constant that is small and at hand; null for integers that a number can't hold. */
export function elementsOf({ dtype, shape, data }: OnnxTensor): readonly Element[] | undefined {
  if (typeof data === 'function' || elementCount(shape) > MAX_KNOWN) return undefined
  if (!(data instanceof Uint8Array)) return data
  if (dtype === 'float16') return Array.from(new Float16Array(data.slice().buffer))
  if (!isNumericDtype(dtype)) return undefined
  return Array.from(viewAs(dtype, data) as ArrayLike<number | bigint>, item => {
    const number = Number(item)
    return typeof item === 'bigint' && !Number.isSafeInteger(number) ? null : number
  })
}
