import type { Shape, Value } from '../../../../formats/index.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'

type WithAttributes = Pick<Node, 'attributes'>

export function intOf({ attributes }: WithAttributes, name: string): number | undefined
export function intOf({ attributes }: WithAttributes, name: string, otherwise: number): number
export function intOf({ attributes }: WithAttributes, name: string, otherwise?: number): number | undefined {
  const value = attributes[name]
  return value && 'int' in value ? Number(value.int) : otherwise
}

export function intsOf({ attributes }: WithAttributes, name: string): readonly number[] | undefined {
  const value = attributes[name]
  return value && 'ints' in value ? value.ints.map(Number) : undefined
}

export function floatOf({ attributes }: WithAttributes, name: string, otherwise: number): number {
  const value = attributes[name]
  return value && 'float' in value ? value.float : otherwise
}

export function textOf({ attributes }: WithAttributes, name: string, otherwise: string): string {
  const value = attributes[name]
  return value && 'text' in value ? value.text : otherwise
}

export function shapeOf({ values }: World, name: string | undefined): Shape | undefined {
  return name === undefined ? undefined : values.get(name)?.shape
}

/** Both are known to have the same sizes. */
export function isSameShape(a: Shape | undefined, b: Shape | undefined): boolean {
  if (!a || !b || a.length !== b.length) return false
  return a.every((size, i) => size !== null && size === b[i])
}

/** The one number that all elements of a small constant are. */
export function uniformOf(value: Value | undefined): number | undefined {
  const [first] = value?.known ?? []
  if (typeof first !== 'number' || !value?.tensor) return undefined
  return value.known!.every(element => Object.is(element, first)) ? first : undefined
}

/** The order of axes that a Transpose gives; undefined where neither it nor the rank is known. */
export function orderOf(node: Node, rank: number | undefined): readonly number[] | undefined {
  const given = intsOf(node, 'perm')
  if (!given) return rank === undefined ? undefined : Array.from({ length: rank }, (_, i) => rank - 1 - i)
  if (rank !== undefined && given.length !== rank) return undefined
  return given.toSorted((a, b) => a - b).every((axis, i) => axis === i) ? given : undefined
}
