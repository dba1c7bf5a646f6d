import type { Element } from '../values.ts'

/** What two sizes give of which one at least is a free axis, or not known. A free axis has no or more elements. */
export type Sizing = (x: Element, y: Element) => Element

const isAxis = (x: Element): x is string => typeof x === 'string'
const below = (x: Element, limit: number) => typeof x === 'number' && x < limit

export const sizing = {
  add: (x, y) => (x === 0 ? y : y === 0 ? x : null),
  subtract: (x, y) => (y === 0 ? x : isAxis(x) && x === y ? 0 : null),
  multiply: (x, y) => (x === 1 ? y : y === 1 ? x : x === 0 || y === 0 ? 0 : null),
  divide: (x, y) => (y === 1 ? x : null),
  min: (x, y) => {
    if (isAxis(x)) return x === y || below(y, 1) ? y : null
    return isAxis(y) && below(x, 1) ? x : null
  },
  max: (x, y) => {
    if (isAxis(x)) return x === y || below(y, 1) ? x : null
    return isAxis(y) && below(x, 1) ? y : null
  },
} as const satisfies Readonly<Record<string, Sizing>>

const truth = (holds: boolean) => (holds ? 1 : 0)

/** An axis against a number below 0, or 0, where that decides. */
const against = (x: Element, y: Element, limit: number, holds: boolean): Element =>
  isAxis(x) && below(y, limit) ? truth(holds) : null

const same = (x: Element, y: Element) => isAxis(x) && x === y

const less: Sizing = (x, y) => (same(x, y) ? 0 : (against(x, y, 1, false) ?? against(y, x, 0, true)))
const lessOrEqual: Sizing = (x, y) => (same(x, y) ? 1 : (against(x, y, 0, false) ?? against(y, x, 1, true)))

export const compareSizes = {
  equal: (x, y) => (same(x, y) ? 1 : (against(x, y, 0, false) ?? against(y, x, 0, false))),
  less,
  lessOrEqual,
  greater: (x, y) => less(y, x),
  greaterOrEqual: (x, y) => lessOrEqual(y, x),
} as const satisfies Readonly<Record<string, Sizing>>
