import type { Proportion } from '../difference.ts'

/** So many outcomes of each value: values in [0, 1] unless told otherwise. An event is 1, its absence 0. */
export type Values = readonly (readonly [value: number, count: number])[]

export function valuesOf({ count, total }: Proportion): Values {
  return [
    [1, count],
    [0, total - count],
  ]
}

export function totalOf(values: Values): number {
  let total = 0
  for (const [, count] of values) total += count
  return total
}

export function sumOf(values: Values): number {
  let sum = 0
  for (const [value, count] of values) sum += value * count
  return sum
}

/** 0 of nothing. */
export function meanOf(values: Values): number {
  const total = totalOf(values)
  return total === 0 ? 0 : sumOf(values) / total
}

/** Counts of the same values added, the greatest value first. */
export function mergeValues(...all: readonly Values[]): Values {
  const [first, second] = all
  // Most lists have the same values in the same order: look after look of one metric.
  if (first && second && all.length === 2 && isLike(first, second))
    return first.map(([value, count], i) => [value, count + second[i]![1]] as const)
  const counts = new Map<number, number>()
  for (const values of all)
    for (const [value, count] of values) counts.set(value, (counts.get(value) ?? 0) + count)
  return [...counts].sort(([a], [b]) => b - a)
}

/** Whether two lists have the same values, falling. */
function isLike(a: Values, b: Values): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++)
    if (a[i]![0] !== b[i]![0] || (i > 0 && a[i]![0] >= a[i - 1]![0])) return false
  return true
}
