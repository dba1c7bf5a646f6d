import type { Tensor } from '../../../core/index.ts'
import { numbersOf, type Prediction } from '../../../model/index.ts'
import { isStrings } from '../oip/binary.ts'

/** One example's answer, and the further outputs that are told with it. */
export interface Told {
  readonly prediction: Prediction
  readonly beside: Readonly<Record<string, Tensor>>
}

export type Element = number | string | boolean | null
/** Elements as JSON has them. Integers beyond 2^53 are texts; NaN and infinities are null. */
export function elementsOf(tensor: Tensor): readonly Element[] {
  const { data, dtype } = tensor
  if (isStrings(data)) return data
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return Array.from(data, value => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)))
  const numbers = Array.from(numbersOf(tensor))
  return dtype === 'bool' ? numbers.map(number => number !== 0) : numbers
}
