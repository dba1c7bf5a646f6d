import { axisIn, numbersOf, unfit } from './read.ts'
import type { NodeToInfer } from './types.ts'
import type { Value } from './values.ts'

/** What Slice takes of one axis. Undefined where it is computed; ends beyond what a number holds are infinite. */
export interface AxisSlice {
  readonly axis: number
  readonly start: number | undefined
  readonly end: number | undefined
  readonly step: number | undefined
}

/** Undefined where the axes are not known. */
export function slicesOf(node: NodeToInfer, rank: number): readonly AxisSlice[] | undefined {
  const [, starts, ends, axesInput, steps] = node.inputs
  const [from, to] = [boundsOf(starts), boundsOf(ends)]
  const count = from?.length ?? to?.length
  if (count === undefined) return undefined
  const axes = axesInput ? numbersOf(axesInput) : Array.from({ length: Math.min(count, rank) }, (_, i) => i)
  if (!axes) return undefined
  const by = steps ? steps.known : axes.map(() => 1)
  if (axes.length !== count || (to && to.length !== count) || (by && by.length !== count))
    throw unfit(`Slice: ${count} starts for ${axes.length} axes`)
  return axes.map((axis, i) => {
    const step = by?.[i]
    return {
      axis: axisIn(node, axis, rank),
      start: from?.[i],
      end: to?.[i],
      step: typeof step === 'number' ? step : undefined,
    }
  })
}

/** Known bounds; those that `known` can't hold, as 2^63 − 1 for the end of an axis, are read from the constant. */
function boundsOf(value: Value | undefined): readonly (number | undefined)[] | undefined {
  if (!value?.known) return undefined
  const data = value.tensor?.data
  const bytes = data instanceof Uint8Array && value.dtype === 'int64' ? data : undefined
  const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return value.known.map((element, i) => {
    if (typeof element === 'number') return element
    if (element !== null || !view) return undefined
    return view.getBigInt64(8 * i, true) > 0n ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  })
}

/** Where a slice starts in an axis of this size, and how many elements it takes (ONNX, "Slice"). */
export function stepsIn(
  size: number,
  start: number,
  end: number,
  step: number,
): { readonly first: number; readonly count: number } {
  if (step === 0) throw unfit('Slice: a step is 0')
  const within = (bound: number, low: number, high: number) =>
    Math.min(Math.max(bound < 0 ? bound + size : bound, low), high)
  const first = step > 0 ? within(start, 0, size) : within(start, 0, size - 1)
  const last = step > 0 ? within(end, 0, size) : within(end, -1, size - 1)
  return { first, count: size === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step)) }
}
