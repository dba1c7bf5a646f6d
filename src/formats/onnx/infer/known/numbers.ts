import type { OnnxDtype } from '../../types.ts'
import { intOf } from '../read.ts'
import type { NodeToInfer } from '../types.ts'
import type { Element } from '../values.ts'
import { isInteger, isSizes, rounded } from './dtypes.ts'
import { broadcastFrom } from './strides.ts'
import { compareSizes, type Sizing, sizing } from './symbols.ts'
import type { Elements, Fold } from './types.ts'

/** The exact result, or one that rounds as the exact one does; null where ONNX leaves it open. */
type Unary = (x: number, dtype: OnnxDtype) => number | null
type Binary = (x: number, y: number, dtype: OnnxDtype) => number | null

/** Arithmetic is folded in types in which rounding a float64 result is exact, as it is of the four operations. */
const exact = (dtype: OnnxDtype) => dtype === 'float32' || dtype === 'float64' || isInteger(dtype)

function unary(compute: Unary): Fold {
  return ({ inputs: [x] }, [type]) => {
    if (!x?.known || !exact(x.dtype)) return undefined
    const element = (item: Element) => {
      const result = typeof item === 'number' ? compute(item, x.dtype) : null
      return result === null ? null : rounded(type!.dtype, result)
    }
    return [x.known.map(element)]
  }
}

/** Of more than two inputs from the left, as Min, Max and Sum have it. */
function binary(compute: Binary, sized?: Sizing, result: 'number' | 'bool' = 'number'): Fold {
  return ({ inputs }, [type]) => {
    const [first, ...others] = inputs
    if (!first?.shape || !exact(first.dtype) || inputs.some(x => !x?.known)) return undefined
    const spread = (i: number): Elements => {
      const { shape, known } = inputs[i]!
      return broadcastFrom(shape as readonly number[], type!.shape).map(at => known![at] ?? null)
    }
    const pair = (x: Element, y: Element): Element => {
      if (typeof x === 'number' && typeof y === 'number') {
        const made = compute(x, y, first.dtype)
        return made === null ? null : result === 'bool' ? made : rounded(first.dtype, made)
      }
      return isSizes(first.dtype) ? (sized?.(x, y) ?? null) : null
    }
    const fold = (known: Elements, _: unknown, i: number) => {
      const next = spread(i + 1)
      return known.map((x, at) => pair(x, next[at]!))
    }
    return [others.reduce(fold, spread(0))]
  }
}

const compared = (holds: (x: number, y: number) => boolean, sized: Sizing) =>
  binary((x, y) => (holds(x, y) ? 1 : 0), sized, 'bool')

const divide: Binary = (x, y, dtype) => {
  if (!isInteger(dtype)) return x / y
  return y === 0 ? null : Math.trunc(x / y)
}

/** With `fmod` C's remainder, which has the sign of x; else Python's, which has the sign of y. */
function modulo(node: NodeToInfer, ...rest: Parameters<Fold> extends [unknown, ...infer R] ? R : never) {
  const c = intOf(node, 'fmod', 0) !== 0
  const compute: Binary = (x, y, dtype) => {
    if (isInteger(dtype)) return y === 0 ? null : c ? x % y : x - Math.floor(x / y) * y
    return c ? x % y : null
  }
  return binary(compute)(node, ...rest)
}

/** Floats' powers are rounded otherwise by each library. */
const power: Binary = (x, y, dtype) => (isInteger(dtype) && y >= 0 ? x ** y : null)

/** NaN goes through Min and Max of ONNX; their zeros' signs are left open. */
const extreme =
  (pick: (x: number, y: number) => number): Binary =>
  (x, y) =>
    x === 0 && y === 0 && !Object.is(x, y) ? null : pick(x, y)

/** Halves go to the even neighbour. */
const round: Unary = x => {
  const down = Math.floor(x)
  if (x - down !== 0.5) return Math.round(x)
  const even = down % 2 === 0 ? down : down + 1
  return even === 0 && x < 0 ? -0 : even
}

const clip: Fold = ({ inputs: [x, low, high] }) => {
  if (!x?.known || !exact(x.dtype) || (low && !low.known) || (high && !high.known)) return undefined
  const [from, to] = [low?.known?.[0], high?.known?.[0]]
  if ([from, to].some(bound => bound !== undefined && typeof bound !== 'number')) return undefined
  const bounded = (item: Element): Element => {
    if (typeof item !== 'number' || Number.isNaN(item)) return null
    const above = typeof from === 'number' && item < from ? from : item
    return typeof to === 'number' && above > to ? to : above
  }
  return [x.known.map(bounded)]
}

/** Booleans: 0 and 1. */
const logical = (compute: (x: boolean, y: boolean) => boolean): Fold => {
  const fold = binary((x, y) => (compute(x !== 0, y !== 0) ? 1 : 0), undefined, 'bool')
  return (node, types) =>
    fold({ ...node, inputs: node.inputs.map(x => x && { ...x, dtype: 'int64' as const }) }, types)
}

const not: Fold = ({ inputs: [x] }) =>
  x?.known && [x.known.map(item => (typeof item === 'number' ? (item === 0 ? 1 : 0) : null))]

const where: Fold = ({ inputs }, [type]) => {
  const [condition, x, y] = inputs.map(value =>
    value?.known && value.shape
      ? broadcastFrom(value.shape as readonly number[], type!.shape).map(at => value.known![at] ?? null)
      : undefined,
  )
  if (!condition) return undefined
  const chosen = condition.map((item, i): Element => {
    const [a, b] = [x?.[i] ?? null, y?.[i] ?? null]
    if (item === null) return a === b ? a : null
    return item === 0 ? b : a
  })
  return [chosen]
}

export const numbers: Readonly<Record<string, Fold>> = {
  Add: binary((x, y) => x + y, sizing.add),
  Sum: binary((x, y) => x + y, sizing.add),
  Sub: binary((x, y) => x - y, sizing.subtract),
  Mul: binary((x, y) => x * y, sizing.multiply),
  Div: binary(divide, sizing.divide),
  Mod: modulo,
  Pow: binary(power),
  Min: binary(extreme(Math.min), sizing.min),
  Max: binary(extreme(Math.max), sizing.max),
  Equal: compared((x, y) => x === y, compareSizes.equal),
  Less: compared((x, y) => x < y, compareSizes.less),
  LessOrEqual: compared((x, y) => x <= y, compareSizes.lessOrEqual),
  Greater: compared((x, y) => x > y, compareSizes.greater),
  GreaterOrEqual: compared((x, y) => x >= y, compareSizes.greaterOrEqual),
  And: logical((x, y) => x && y),
  Or: logical((x, y) => x || y),
  Xor: logical((x, y) => x !== y),
  Not: not,
  Where: where,
  Clip: clip,
  Neg: unary(x => -x),
  Abs: unary(Math.abs),
  Sign: unary(x => Math.sign(x) + 0),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(round),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary(x => 1 / x),
  Relu: unary(x => (x < 0 ? 0 : x)),
}
