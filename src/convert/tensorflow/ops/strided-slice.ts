import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall } from '../op.ts'
import { input, int64, invalid } from './emit.ts'

/** Beyond the end of any axis. */
export const FAR = 2 ** 31 - 1

/** What one entry of a StridedSlice does with an axis, counted from the front, or from the back where negative. */
type Entry =
  /** Takes one element, and the axis away. */
  | { readonly kind: 'one'; readonly axis: number; readonly at: number }
  | { readonly kind: 'some'; readonly axis: number; readonly at: number; readonly step: number }
  /** A new axis of 1, at a place of the result. */
  | { readonly kind: 'new'; readonly axis: number }

interface Masks {
  readonly begin: number
  readonly end: number
  readonly ellipsis: number
  readonly newAxis: number
  readonly shrink: number
}

const has = (mask: number, i: number): boolean => (mask & (1 << i)) !== 0

/** Masks are int32: there are no more entries. */
const MAX_ENTRIES = 32

/**
 * numpy's slices, `x[1:, ::-1, 0, ..., None]`: begin, end and stride of each entry, and masks of what is left out.
 * What takes one element is a Gather, and the others are one Slice.
 */
export const stridedSlice: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const strides = await call.integers(3)
  if (strides.length > MAX_ENTRIES) throw invalid(`${call.op} '${call.name}' has ${strides.length} entries`)
  const masks: Masks = {
    begin: attributes.int('begin_mask', 0),
    end: attributes.int('end_mask', 0),
    ellipsis: attributes.int('ellipsis_mask', 0),
    newAxis: attributes.int('new_axis_mask', 0),
    shrink: attributes.int('shrink_axis_mask', 0),
  }
  const entries = entriesOf(call, strides, masks)
  const bounds = { begin: int64(b, input(call, 1)), end: int64(b, input(call, 2)) }
  const cut = sliced(b, x, entries, bounds, masks)
  const taken = entries
    .filter(entry => entry.kind === 'one')
    // From the back, so that what is before keeps its place.
    .toSorted((a, c) => order(c.axis) - order(a.axis))
    .reduce((value, { axis, at }) => takeOne(b, value, axis, elementOf(b, bounds.begin, at)), cut)
  const added = entries.filter(entry => entry.kind === 'new').map(({ axis }) => axis)
  return added.length > 0 ? b.op('Unsqueeze', [taken, b.ints(added)]) : taken
}

/** Axes counted from the back stand behind those from the front. */
const order = (axis: number): number => (axis < 0 ? axis + FAR : axis)

/** Where each entry stands, before and after axes are taken and added. */
function entriesOf(call: OpCall, strides: readonly number[], masks: Masks): readonly Entry[] {
  const all = strides.map((_, i) => i)
  const ellipsis = all.find(i => has(masks.ellipsis, i)) ?? strides.length
  const isNew = (i: number): boolean => has(masks.newAxis, i)
  const isOne = (i: number): boolean => has(masks.shrink, i) && !isNew(i)
  const entry = (i: number, axis: number, place: number): Entry => {
    if (isNew(i)) return { kind: 'new', axis: place }
    if (isOne(i)) return { kind: 'one', axis, at: i }
    const step = strides[i]!
    if (step === 0) throw invalid(`${call.op} '${call.name}' has a stride of 0`)
    return { kind: 'some', axis, at: i, step }
  }
  // Of the entries before one: how many take an axis of the input, and how many give one of the result.
  const takes = (list: readonly number[]): number => list.filter(i => !isNew(i)).length
  const gives = (list: readonly number[]): number => list.filter(i => !isOne(i)).length
  const front = all.slice(0, ellipsis)
  const back = all.slice(ellipsis + 1)
  return [
    ...front.map((i, n) => entry(i, takes(front.slice(0, n)), gives(front.slice(0, n)))),
    ...back.map((i, n) => entry(i, -takes(back.slice(n)), -gives(back.slice(n)))),
  ]
}

interface Bounds {
  readonly begin: Value
  readonly end: Value
}

function sliced(
  b: Emitter,
  x: Value,
  entries: readonly Entry[],
  { begin, end }: Bounds,
  masks: Masks,
): Value {
  const parts = entries
    .filter(entry => entry.kind === 'some')
    .filter(({ at, step }) => !(has(masks.begin, at) && has(masks.end, at) && step === 1))
  if (parts.length === 0) return x
  const from = parts.map(({ at, step }) =>
    has(masks.begin, at) ? b.ints([step > 0 ? 0 : FAR]) : listed(b, elementOf(b, begin, at)),
  )
  const to = parts.map(({ at, step }) =>
    has(masks.end, at) ? b.ints([step > 0 ? FAR : -FAR]) : listed(b, elementOf(b, end, at)),
  )
  const axes = b.ints(parts.map(({ axis }) => axis))
  return b.op('Slice', [x, joined(b, from), joined(b, to), axes, b.ints(parts.map(({ step }) => step))])
}

/** One element of a list of bounds, as a scalar. */
function elementOf(b: Emitter, bounds: Value, at: number): Value {
  const element = bounds.known?.[at]
  if (typeof element === 'number') return b.scalar('int64', element)
  if (bounds.known && at >= bounds.known.length) throw new Refusal('fewer bounds than strides')
  return b.op('Gather', [bounds, b.scalar('int64', at)])
}

const listed = (b: Emitter, scalar: Value): Value => b.op('Unsqueeze', [scalar, b.ints([0])])

const joined = (b: Emitter, parts: readonly Value[]): Value =>
  parts.length === 1 ? parts[0]! : b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

function takeOne(b: Emitter, x: Value, axis: number, index: Value): Value {
  return b.op('Gather', [x, index], { attributes: { axis: { int: axis } } })
}
