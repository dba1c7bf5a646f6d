import { elementCount, type Tensor } from '../../../core/index.ts'
import { numbersOf } from '../../../model/index.ts'
import { isStrings } from './binary.ts'

/** Writes the elements from `from` to `to` as a flat JSON array. */
export type Elements = (from: number, to: number) => string

/** Elements as JSON. What JSON can't hold (NaN, infinities) is null. */
export function elementsOf(tensor: Tensor): Elements {
  const { dtype, data } = tensor
  if (isStrings(data)) return (from, to) => JSON.stringify(data.slice(from, to))
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return (from, to) => `[${data.subarray(from, to).join()}]`
  }
  if (dtype === 'bool') {
    return (from, to) => JSON.stringify(Array.from(data.subarray(from, to), value => value !== 0))
  }
  const numbers = numbersOf(tensor)
  return (from, to) => JSON.stringify(Array.prototype.slice.call(numbers, from, to))
}

/** The elements from `at` on as arrays nested by `shape`; a scalar's by itself. */
export function nestedJson(elements: Elements, shape: readonly number[], at = 0): string {
  const [size, ...rest] = shape
  if (size === undefined) return elements(at, at + 1).slice(1, -1)
  if (rest.length === 0) return elements(at, at + size)
  const step = elementCount(rest)
  return `[${Array.from({ length: size }, (_, i) => nestedJson(elements, rest, at + i * step)).join()}]`
}
