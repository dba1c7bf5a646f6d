import type { Shape, Size, Value, ValueType } from '../../graph/types.ts'

/** The shape that both have; undefined where their ranks differ. */
export function commonShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b || a.length !== b.length) return undefined
  return a.map((size, i): Size => (size === b[i] ? size : null))
}

/** What both are. */
export function commonType(a: ValueType, b: ValueType): ValueType {
  const shape = commonShape(a.shape, b.shape)
  return { dtype: a.dtype, ...(shape && { shape }) }
}

export function isSameType(a: ValueType, b: ValueType): boolean {
  return a.dtype === b.dtype && String(a.shape) === String(b.shape) && !a.shape === !b.shape
}

export function typeOf({ dtype, shape }: Value): ValueType {
  return { dtype, ...(shape && { shape }) }
}
