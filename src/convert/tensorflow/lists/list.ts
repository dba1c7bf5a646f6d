import type { OnnxDtype } from '../../../formats/index.ts'
import type { Emitter, Shape, Size, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, int64 } from '../ops/emit.ts'

/** A list of tensors of one shape (TensorList, TensorArray), as one tensor: [length, …element]. */
export interface List {
  readonly element: ElementType
  /** int64 scalar: how many elements a list has into which nothing was written. They count as zeros. */
  readonly length?: Value
  /** What `length` was made of, to be compared with. */
  readonly asked?: Value
  /** [length, …element], where something was written. */
  readonly stacked?: Value
  /** Nothing may be written yet: free sizes of elements are 1 until then. */
  readonly loose?: boolean
}

export interface ElementType {
  readonly dtype: OnnxDtype
  /** As far as it is declared. */
  readonly shape?: Shape
}

/** The list as a tensor. Throws Refusal where nothing was written, and the shape of elements is not known. */
export function asStacked(list: List, b: Emitter): Value {
  return list.stacked ?? zeros(b, list, fullShape(list.element))
}

/**
 * A list into which nothing was written, to begin a loop with. Throws Refusal where the rank of its elements is not
 * known.
 */
export function looseStacked(list: List, b: Emitter): Value {
  const { shape } = list.element
  if (!shape) throw new Refusal('a list is written in a loop, and the rank of its elements is not known')
  return zeros(
    b,
    list,
    shape.map(size => (typeof size === 'number' ? size : 1)),
  )
}

function fullShape({ shape }: ElementType): readonly number[] {
  if (shape?.every(size => typeof size === 'number')) return shape as readonly number[]
  throw new Refusal('the list is used before anything is written, and the shape of its elements is not known')
}

/** Zeros for all elements of a list, which have the shape `element`. */
export function zeros(b: Emitter, list: List, element: readonly number[] | Value): Value {
  const length = b.op('Reshape', [lengthOf(list, b), b.ints([1])])
  const rest = 'name' in element ? element : b.ints(element)
  return b.op('Expand', [
    zero(b, list.element.dtype),
    b.op('Concat', [length, rest], { attributes: { axis: { int: 0 } } }),
  ])
}

function zero(b: Emitter, dtype: OnnxDtype): Value {
  return dtype === 'string' ? b.scalar('string', '') : cast(b, b.scalar('float32', 0), dtype)
}

/** int64 scalar. */
export function lengthOf({ length, stacked }: List, b: Emitter): Value {
  if (!stacked) return length ?? b.scalar('int64', 0)
  const first = b.op('Shape', [stacked], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  return b.op('Reshape', [first, b.ints([])])
}

/** Whether it is known to have so many elements. */
export function hasLength({ length, stacked }: List, count: number): boolean {
  return stacked ? stacked.shape?.[0] === count : length?.known?.[0] === count
}

const row = (b: Emitter, item: Value): Value => b.op('Unsqueeze', [item, b.ints([0])])

/** What a list had before an item like this one is written. */
function written(b: Emitter, list: List, item: Value): Value {
  if (!list.stacked) return zeros(b, list, b.op('Shape', [item]))
  if (!list.loose) return list.stacked
  const length = b.op('Shape', [list.stacked], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  const sizes = b.op('Concat', [length, b.op('Shape', [item])], { attributes: { axis: { int: 0 } } })
  return b.op('Expand', [list.stacked, sizes])
}

/** The list with `item` at `index`. */
export function withItem(b: Emitter, list: List, index: Value, item: Value): List {
  if (hasLength(list, 1)) return { element: list.element, stacked: row(b, item) }
  const before = written(b, list, item)
  const at = b.op('Reshape', [int64(b, index), b.ints([1, 1])])
  return { element: list.element, stacked: b.op('ScatterND', [before, at, row(b, item)]) }
}

/** The list with `item` behind its last element. */
export function pushed(b: Emitter, list: List, item: Value): List {
  if (!list.stacked && hasLength(list, 0)) return { element: list.element, stacked: row(b, item) }
  const before = written(b, list, item)
  return {
    element: list.element,
    stacked: b.op('Concat', [before, row(b, item)], { attributes: { axis: { int: 0 } } }),
  }
}

/** The element at an index, or those at several. */
export function itemsAt(b: Emitter, list: List, index: Value, declared?: Shape): Value {
  const stacked = asStacked(list, b)
  const item = b.op('Gather', [stacked, index], { attributes: { axis: { int: 0 } } })
  return refined(item, index.shape && declared && [...index.shape, ...declared])
}

/** The value with what is declared of its shape, where it is not known. */
export function refined(value: Value, declared: Shape | undefined): Value {
  if (!declared) return value
  const { shape } = value
  if (!shape) return { ...value, shape: declared }
  if (shape.length !== declared.length) return value
  return { ...value, shape: shape.map((size, i): Size => size ?? declared[i] ?? null) }
}

/** A shape that a list op takes as a tensor: −1 alone is any, and −1 among others is a free size. */
export function declaredShape(value: Value | undefined): Shape | undefined {
  if (!value?.known || value.shape?.length !== 1) return undefined
  return value.known.map((size): Size => (typeof size === 'number' && size < 0 ? null : size))
}
