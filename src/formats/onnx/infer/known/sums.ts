import { numbersOf } from '../read.ts'
import { reducedAxes } from '../reduce.ts'
import { isStatic, multiply } from '../sizes.ts'
import type { Element } from '../values.ts'
import { isInteger, rounded } from './dtypes.ts'
import { stridesOf, walk } from './strides.ts'
import type { Elements, Fold } from './types.ts'

type Combine = (elements: Elements) => Element

/** Of integers: floats are rounded in an order that is the runtime's. */
function reduce(combine: Combine): Fold {
  return node => {
    const [x] = node.inputs
    if (!x?.known || !isStatic(x.shape) || !isInteger(x.dtype)) return undefined
    const axes = reducedAxes(node, x.shape.length)
    if (!axes) return undefined
    const strides = stridesOf(x.shape)
    const sub = (inside: boolean, first = 0) => {
      const own = x.shape!.map((_, i) => i).filter(i => axes.includes(i) === inside)
      return walk(
        own.map(i => x.shape![i] as number),
        own.map(i => strides[i]!),
        first,
      )
    }
    const groups = sub(false).map(first => sub(true, first).map(at => x.known![at] ?? null))
    return [
      groups.map(group => {
        const made = group.length > 0 ? combine(group) : null
        return typeof made === 'number' ? rounded(x.dtype, made) : made
      }),
    ]
  }
}

const numbers =
  (combine: (elements: readonly number[]) => number): Combine =>
  elements => {
    if (elements.length === 1) return elements[0]!
    const known = elements.filter(item => typeof item === 'number')
    return known.length === elements.length ? combine(known) : null
  }

/** start + i · delta, as the runtime counts. */
const range: Fold = ({ inputs }, [type]) => {
  const [start, , delta] = inputs.map(value => numbersOf(value)?.[0])
  if (start === undefined || delta === undefined || !isInteger(type!.dtype)) return undefined
  return [Array.from({ length: type!.shape[0]! }, (_, i) => rounded(type!.dtype, start + i * delta))]
}

export const sums: Readonly<Record<string, Fold>> = {
  ReduceProd: reduce(multiply),
  ReduceSum: reduce(numbers(elements => elements.reduce((sum, x) => sum + x, 0))),
  ReduceMax: reduce(numbers(elements => elements.reduce((most, x) => Math.max(most, x)))),
  ReduceMin: reduce(numbers(elements => elements.reduce((least, x) => Math.min(least, x)))),
  Range: range,
}
