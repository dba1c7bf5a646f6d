import type { Node } from './graph.ts'

export function intOf({ attributes }: Node, name: string): number | undefined
export function intOf({ attributes }: Node, name: string, otherwise: number): number
export function intOf({ attributes }: Node, name: string, otherwise?: number): number | undefined {
  const value = attributes[name]
  return value && 'int' in value ? Number(value.int) : otherwise
}

export function intsOf({ attributes }: Node, name: string): readonly number[] | undefined {
  const value = attributes[name]
  return value && 'ints' in value ? value.ints.map(Number) : undefined
}

/**
 * The order of axes that a Transpose gives; undefined where neither it nor the rank is known, and for one that is none
 * of so many axes.
 */
export function orderOf(node: Node, rank: number | undefined): readonly number[] | undefined {
  const given = intsOf(node, 'perm')
  if (!given) return rank === undefined ? undefined : Array.from({ length: rank }, (_, i) => rank - 1 - i)
  if (rank !== undefined && given.length !== rank) return undefined
  return given.toSorted((a, b) => a - b).every((axis, i) => axis === i) ? given : undefined
}

export function inverse(order: readonly number[]): readonly number[] {
  const back = new Array<number>(order.length)
  for (const [to, from] of order.entries()) back[from] = to
  return back
}

export function isIdentity(order: readonly number[]): boolean {
  return order.every((axis, i) => axis === i)
}

/** The order that `second` gives after `first`. */
export function composed(first: readonly number[], second: readonly number[]): readonly number[] {
  return second.map(axis => first[axis]!)
}

export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
