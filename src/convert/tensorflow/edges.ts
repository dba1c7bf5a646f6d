import type { Value } from '../graph/types.ts'
import type { List } from './lists/list.ts'
import type { Table } from './resources/tables.ts'
import type { Variable } from './resources/variables.ts'

/** What goes from node to node while a graph is converted. */
export type Edge =
  | TensorEdge
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'list'; readonly list: List }
  /** A handle that only says which op made it: its state goes another way, or is never needed. */
  | { readonly kind: 'handle' }
  /** On a branch that is never taken. */
  | { readonly kind: 'dead' }
  /** What made it has no ONNX form, which is said already. */
  | { readonly kind: 'refused' }

export interface TensorEdge {
  readonly kind: 'tensor'
  readonly value: Value
  /** On which branches it is, in graphs of TensorFlow 1; absent where it is on none. */
  readonly guards?: Guards
}

/** By the name of the condition. */
export type Guards = ReadonlyMap<string, { readonly condition: Value; readonly taken: boolean }>

export const DEAD: Edge = { kind: 'dead' }
export const REFUSED: Edge = { kind: 'refused' }

export function tensor(value: Value, guards?: Guards): TensorEdge {
  return { kind: 'tensor', value, ...(guards && guards.size > 0 && { guards }) }
}

/** On all branches of both; undefined where it would be on two sides of one. */
export function joined(a: Guards, b: Guards): Guards | undefined {
  if (b.size === 0) return a
  const all = new Map(a)
  for (const [name, guard] of b) {
    const other = all.get(name)
    if (other && other.taken !== guard.taken) return undefined
    all.set(name, guard)
  }
  return all
}
