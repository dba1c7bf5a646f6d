import type { Element, Shape, Size } from './values.ts'

/** A product of sizes: a number, times free axes, times `open` sizes that have no name. */
interface Product {
  readonly count: number
  readonly names: readonly string[]
  readonly open: number
}

function product(sizes: readonly Size[]): Product {
  let count = 1
  let open = 0
  const names: string[] = []
  for (const size of sizes) {
    if (typeof size === 'number') count *= size
    else if (size === null) open++
    else names.push(size)
  }
  return { count, names, open }
}

/** Elements of a shape, or of some of its axes: a number, one free axis, or null. */
export function multiply(sizes: readonly Size[]): Size {
  const { count, names, open } = product(sizes)
  if (count === 0) return 0
  if (!Number.isSafeInteger(count) || open > 0) return null
  if (names.length === 0) return count
  return names.length === 1 && count === 1 ? names[0]! : null
}

/** What `whole` has more than `part`; null where it can't be told. */
export function divide(whole: readonly Size[], part: readonly Size[]): Size {
  const [above, below] = [product(whole), product(part)]
  if (above.open > 0 || below.open > 0 || above.count === 0 || below.count === 0) return null
  const left = [...above.names]
  for (const name of below.names) {
    const at = left.indexOf(name)
    if (at < 0) return null
    left.splice(at, 1)
  }
  const count = above.count / below.count
  if (!Number.isSafeInteger(count)) return null
  return multiply([count, ...left])
}

/** An element as a size: a number, a free axis, or null. */
export function sizeOf(element: Element | undefined): Size {
  if (typeof element === 'number') return element >= 0 ? element : null
  return element ?? null
}

export function isStatic(shape: Shape | undefined): shape is readonly number[] {
  return shape?.every(size => typeof size === 'number') ?? false
}

/** What two shapes of one value have in common: where they differ, a size is open. */
export function common(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b || a.length !== b.length) return undefined
  return a.map((size, i) => (size === b[i] ? size : null))
}
