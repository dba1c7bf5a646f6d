import type { Emitter, Value } from '../../graph/types.ts'
import { int64 } from './emit.ts'

export type Reduction = 'none' | 'add' | 'mul' | 'max' | 'min'

export interface Rows {
  /** `[R, W]`: what is there before. */
  readonly base: Value
  /** `[n]`: the row of each update. */
  readonly rows: Value
  /** `[n, W]`. */
  readonly updates: Value
  readonly reduction: Reduction
}

/**
 * Rows put into a matrix, with those that fall on one row reduced. ScatterElements and not ScatterND, whose kernel
 * loses updates of one row when ONNX Runtime computes them on several threads (its issue 18048).
 */
export function scatterRows(b: Emitter, { base, rows, updates, reduction }: Rows): Value {
  const column = b.op('Unsqueeze', [int64(b, rows), b.ints([1])])
  const places = b.op('Expand', [column, b.op('Shape', [updates])])
  return b.op('ScatterElements', [base, places, updates], {
    attributes: { axis: { int: 0 }, ...(reduction !== 'none' && { reduction: { text: reduction } }) },
  })
}

/** `[R, W]` filled with one element; R and W as int64 in one axis. */
export function filledRows(b: Emitter, element: Value, rows: Value, width: Value): Value {
  return b.op('Expand', [element, b.op('Concat', [rows, width], { attributes: { axis: { int: 0 } } })])
}

/** `[n, …]` as `[n, W]`, with the shape of what is behind the first axes. */
export function asRows(b: Emitter, x: Value, first = 1): { readonly flat: Value; readonly behind: Value } {
  const behind = b.op('Shape', [x], { attributes: { start: { int: first } } })
  const width = b.op('ReduceProd', [behind, b.ints([0])], { attributes: { keepdims: { int: 1 } } })
  const flat = b.op('Reshape', [
    x,
    b.op('Concat', [b.ints([-1]), width], { attributes: { axis: { int: 0 } } }),
  ])
  return { flat, behind }
}
